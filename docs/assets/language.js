// The language of the Chinese pages: the generator knows one language for all pages, and their
// frame is English where nothing is done about it.
const LABELS = {
  "API reference": "API 参考（英文）",
  "Back to top": "回到顶部",
  "Close search": "关闭搜索",
  "Concepts": "概念",
  "Copied to clipboard": "已复制",
  "Copy to clipboard": "复制",
  "Could not copy to clipboard": "复制失败",
  "Dark": "深色",
  "Filters": "筛选",
  "Header": "页眉",
  "LangChain and LangGraph": "LangChain 与 LangGraph",
  "Light": "浅色",
  "Loading search…": "正在加载搜索…",
  "Made with": "制作工具：",
  "Moving here": "迁移",
  "Navigation": "导航",
  "No results": "没有结果",
  "On this page": "本页内容",
  "Permanent link": "本节链接",
  "Search": "搜索",
  "Search results": "搜索结果",
  "Skip to content": "跳到正文",
  "Start": "开始",
  "Table of contents": "目录",
  "Tabs": "栏目",
  "Your own tests": "模拟器",
};
const ATTRIBUTES = ["aria-label", "placeholder", "title"];

function chinese(text) {
  return LABELS[text] ?? (/^[\d,]+ results?$/.test(text) ? text.replace(/ .*/, " 条结果") : undefined);
}

function translateText(node) {
  // What is written in a page, or found by the search, stays as it is.
  if (node.parentElement?.closest("article, ol, script, style")) return;
  const label = chinese(node.data.trim());
  if (label) node.data = node.data.replace(/\S.*\S|\S/s, () => label);
}

function translate(root) {
  if (root.nodeType === Node.TEXT_NODE) return translateText(root);
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) translateText(texts.currentNode);
  const within = root.querySelectorAll?.("[aria-label], [placeholder], [title]") ?? [];
  for (const element of [root, ...within]) {
    for (const name of ATTRIBUTES) {
      const label = chinese(element.getAttribute?.(name));
      if (label) element.setAttribute(name, label);
    }
  }
}

// Buttons, messages and the search (in a shadow tree) are made, and made anew, by the generator's
// script: what it adds later is translated as well. A label once translated matches nothing.
function follow(root) {
  const followed = new WeakSet();
  const look = (node) => {
    translate(node);
    for (const element of [node, ...(node.querySelectorAll?.("body > *") ?? [])]) {
      if (!element.shadowRoot || followed.has(element)) continue;
      followed.add(element);
      follow(element.shadowRoot);
    }
  };
  look(root);
  const options = { subtree: true, childList: true, characterData: true };
  new MutationObserver((changes) => {
    for (const { target, type, addedNodes } of changes) {
      (type === "characterData" ? [target] : addedNodes).forEach(look);
    }
  }).observe(root, options);
}

// Each page of a guide and its translation are at the same place, below `home` and below `home/zh/`.
const home = document.querySelector(".md-header a.md-logo")?.href.replace(/[^/]*$/, "");
const isChinese = home ? location.href.startsWith(`${home}zh/`) : location.pathname.includes("/zh/");
const links = [...document.querySelectorAll("a[href]")].map((link) => link.href.replace(/#.*/, ""));
const pages = new Set(links.filter((to) => to.startsWith(home)));

function leadToTranslation() {
  const here = location.href.replace(/[?#].*/, "");
  const there = isChinese ? here.replace(`${home}zh/`, home) : here.replace(home, `${home}zh/`);
  for (const tab of document.querySelectorAll(".md-tabs__link")) {
    if (tab.textContent.trim() !== "中文") continue;
    if (isChinese) tab.textContent = "English";
    if (pages.has(there)) tab.href = there;
  }
}

// Tabs lead to the English pages: here to the Chinese one of each, and that of this page is marked.
function leadToChinese() {
  const part = (url) => url.slice(`${home}zh/`.length).split("/")[0];
  for (const link of document.querySelectorAll(".md-tabs__link, a.md-logo")) {
    if (link.textContent.trim() === "English") {
      link.parentElement.classList.remove("md-tabs__item--active");
      continue;
    }
    const there = link.href.replace(home, `${home}zh/`);
    if (!pages.has(there)) continue;
    link.href = there;
    const active = part(there) === part(location.href.replace(/[?#].*/, ""));
    link.parentElement.classList.toggle("md-tabs__item--active", active && link.matches(".md-tabs__link"));
  }
  // The menu of a phone has the guides of both languages, one under the other.
  for (const item of document.querySelectorAll(".md-nav--primary > .md-nav__list > .md-nav__item")) {
    const to = item.querySelector("a[href]")?.href ?? "";
    if (!to.startsWith(`${home}zh/`) && !to.startsWith(`${home}reference/`)) item.hidden = true;
  }
}

if (home) leadToTranslation();
if (isChinese) {
  document.documentElement.lang = "zh-CN";
  if (home) leadToChinese();
  follow(document.body);
}
