// Runs in a page of its own, as `pixels.ts` asks: how far, in each cell, the pixel that stands out most does so from the
// commonest one (WCAG 2 §1.4.3).
{
  const channel = (value) =>
    value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
  const luminance = (color) =>
    0.2126 * channel(color >> 16) + 0.7152 * channel((color >> 8) & 255) + 0.0722 * channel(color & 255);

  const contrastOf = ({ data }) => {
    const counts = new Map();
    for (let at = 0; at < data.length; at += 4) {
      const color = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
      counts.set(color, (counts.get(color) ?? 0) + 1);
    }
    const [[common]] = [...counts].toSorted((a, b) => b[1] - a[1]);
    const behind = luminance(common);
    const contrasts = [...counts.keys()].map((color) => {
      const front = luminance(color);
      return (Math.max(front, behind) + 0.05) / (Math.min(front, behind) + 0.05);
    });
    return Math.max(...contrasts);
  };

  globalThis.contrastsOf = async (url, cells) => {
    const image = new Image();
    image.src = url;
    await image.decode();
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
    context.drawImage(image, 0, 0);
    return cells.map(({ left, top, right, bottom }) =>
      contrastOf(context.getImageData(left, top, right - left, bottom - top)),
    );
  };
}
