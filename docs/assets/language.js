// The language of the Chinese pages: the generator knows one language for all pages.
if (location.pathname.includes("/zh/")) {
  document.documentElement.lang = "zh-CN";
}
