// The language of the Chinese pages: the generator knows one language for all pages, and their
// frame is English where nothing is done about it.
const LABELS = {
  "API reference": "API 参考（英文）",
  "Back to top": "回到顶部",
  "Concepts": "概念",
  "LangChain and LangGraph": "LangChain 与 LangGraph",
  "Moving here": "迁移",
  "On this page": "本页内容",
  "Search": "搜索",
  "Skip to content": "跳到正文",
  "Start": "开始",
  "Your own tests": "写自己的测试",
};

function translate(root) {
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const label = LABELS[texts.currentNode.data.trim()];
    if (label) texts.currentNode.data = texts.currentNode.data.replace(/\S.*\S|\S/s, label);
  }
  for (const element of root.querySelectorAll("[aria-label]")) {
    const label = LABELS[element.getAttribute("aria-label")];
    if (label) element.setAttribute("aria-label", label);
  }
}

// Tabs and menus lead to the English pages; each of these has a Chinese one.
function lead(root) {
  const chinese = new Set(
    [...root.querySelectorAll("a[href]")].map((link) => link.href).filter((to) => to.includes("/zh/"))
  );
  const home = location.href.replace(/\/zh\/.*/, "/");
  for (const link of root.querySelectorAll(".md-tabs__link, .md-header a.md-logo")) {
    const there = link.href.replace(home, `${home}zh/`);
    if (chinese.has(there) || link.href === home) link.href = there;
  }
}

if (location.pathname.includes("/zh/")) {
  document.documentElement.lang = "zh-CN";
  for (const frame of document.querySelectorAll(".md-header, .md-tabs, .md-sidebar, .md-top, .md-skip")) {
    translate(frame);
  }
  lead(document);
}
