// Runs in the page, as `look.ts` asks: what a person would see of the cell around the element of that selector.
globalThis.measure = (selector) => {
  const inner = document.querySelector(selector);
  const box = inner?.closest('td');
  if (!inner || !box) return undefined;
  box.scrollIntoView({ block: 'nearest' });
  const rect = box.getBoundingClientRect();
  if (rect.width === 0 || rect.height === 0) return undefined;
  const channel = (value) =>
    value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
  const luminance = (color) => {
    const [red = 0, green = 0, blue = 0] = (color.match(/[\d.]+/g) ?? []).map(Number);
    return 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
  };
  const style = getComputedStyle(inner);
  const pair = [luminance(style.color), luminance(getComputedStyle(box).backgroundColor)].toSorted(
    (a, b) => b - a,
  );
  const [light = 0, dark = 0] = pair;
  const words = { above: '', below: '' };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let textRight = 0;
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const line of range.getClientRects()) {
      if (line.width < 1 || line.height < 2 || node.textContent?.trim() === '') continue;
      if (box.contains(node)) textRight = Math.max(textRight, line.right);
      else if (line.bottom <= rect.top + 1) words.above += node.textContent;
      else if (line.top >= rect.bottom - 1) words.below += node.textContent;
    }
  }
  let covered = 0;
  for (const x of [0.1, 0.5, 0.9]) {
    for (const y of [0.2, 0.5, 0.8]) {
      const at = document.elementFromPoint(
        Math.min(rect.left + rect.width * x, innerWidth - 1),
        Math.min(rect.top + rect.height * y, innerHeight - 1),
      );
      if (at === null || !box.contains(at)) covered++;
    }
  }
  return {
    left: rect.left,
    top: rect.top + scrollY,
    right: rect.right,
    bottom: rect.bottom + scrollY,
    textRight,
    contrast: (light + 0.05) / (dark + 0.05),
    fontPixels: Number.parseFloat(style.fontSize),
    covered,
    wordsAbove: words.above,
    wordsBelow: words.below,
    direction: getComputedStyle(inner).direction,
    viewport: innerWidth,
  };
};
