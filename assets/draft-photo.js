// Measures a photo as lib/features/photo.py does, from pixels. A test checks that they agree.
const DraftPhoto = (() => {
  const NAMES = ["aspect", "log_aspect", "brightness", "contrast", "colourfulness", "hue_x", "hue_y", "hue_share"];
  const SEEN = 1024; // pixels of the longer side: a canvas makes large photos smaller before they are measured

  // What a cubic spline (a = -1/2) of a given scale takes from each pixel, as Pillow's resize.
  function weights(from, length, to) {
    const scale = length / to, curve = (x) =>
      x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
    return Array.from({ length: to }, (_, i) => {
      const centre = (i + 0.5) * scale, first = Math.max(0, Math.trunc(centre - 2 * scale + 0.5));
      const last = Math.min(from, Math.trunc(centre + 2 * scale + 0.5));
      const all = Array.from({ length: last - first }, (_, k) => curve(Math.abs((k + first - centre + 0.5) / scale)));
      const sum = all.reduce((a, b) => a + b, 0);
      return { first, parts: all.map((w) => w / sum) };
    });
  }

  const level = (v) => Math.min(Math.max(Math.round(v), 0), 255);

  // Three channels a pixel, over white where the photo is transparent.
  function overWhite({ data, width, height }) {
    const rgb = new Uint8ClampedArray(3 * width * height);
    for (let at = 0, to = 0; at < data.length; at += 4)
      for (let c = 0; c < 3; c++) rgb[to++] = 255 + (data[at + c] - 255) * data[at + 3] / 255;
    return { rgb, width, height };
  }

  // Means of blocks of fx by fy pixels.
  function reduced({ rgb, width, height }, fx, fy) {
    const w = Math.ceil(width / fx), h = Math.ceil(height / fy), out = new Uint8ClampedArray(3 * w * h);
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++) {
        const right = Math.min(width, (x + 1) * fx), below = Math.min(height, (y + 1) * fy);
        for (let c = 0; c < 3; c++) {
          let sum = 0;
          for (let j = y * fy; j < below; j++) for (let i = x * fx; i < right; i++) sum += rgb[3 * (j * width + i) + c];
          out[3 * (y * w + x) + c] = Math.floor(sum / ((right - x * fx) * (below - y * fy)) + 0.5);
        }
      }
    return { rgb: out, width: w, height: h };
  }

  // One side made shorter. length is that of the side in pixels, which may end within the last pixel.
  function narrower({ rgb, width, height }, to, length) {
    const out = new Uint8ClampedArray(3 * to * height), all = weights(width, length, to);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < to; x++)
        for (let c = 0; c < 3; c++)
          out[3 * (y * to + x) + c] = level(all[x].parts.reduce((sum, w, k) =>
            sum + w * rgb[3 * (y * width + all[x].first + k) + c], 0));
    return { rgb: out, width: to, height };
  }

  function turned({ rgb, width, height }) {
    const out = new Uint8ClampedArray(rgb.length);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        for (let c = 0; c < 3; c++) out[3 * (x * height + y) + c] = rgb[3 * (y * width + x) + c];
    return { rgb: out, width: height, height: width };
  }

  // At most side by side pixels, as Pillow's thumbnail.
  function thumbnail(photo, side) {
    const { width, height } = photo;
    if (width <= side && height <= side) return photo;
    const aspect = width / height;
    const near = (v, miss) => Math.max(1, [Math.floor(v), Math.ceil(v)].reduce((a, b) => miss(a) <= miss(b) ? a : b));
    const to = aspect <= 1 ? [near(side * aspect, (n) => Math.abs(aspect - n / side)), side]
      : [side, near(side / aspect, (n) => n ? Math.abs(aspect - side / n) : 0)];
    const [fx, fy] = [width / to[0], height / to[1]].map((ratio) => Math.trunc(ratio / 2) || 1);
    const small = fx > 1 || fy > 1 ? reduced(photo, fx, fy) : photo;
    return turned(narrower(turned(narrower(small, to[0], width / fx)), to[1], height / fy));
  }

  function spread(values) {
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    return [mean, Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length)];
  }

  // The features of a photo from pixels ({ data, width, height } of four channels, as a canvas gives them) and from
  // the photo's own width over its height.
  function measure(rules, pixels, aspect) {
    const { rgb, width, height } = thumbnail(overWhite(pixels), rules.measured_side), n = width * height;
    const [luma, redGreen, yellowBlue] = [0, 0, 0].map(() => new Float64Array(n)), sectors = new Array(12).fill(0);
    const counts = new Array(12).fill(0);
    for (let i = 0; i < n; i++) {
      const [r, g, b] = [rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]], chroma = Math.max(r, g, b) - Math.min(r, g, b);
      luma[i] = 0.299 * r + 0.587 * g + 0.114 * b;
      redGreen[i] = r - g;
      yellowBlue[i] = (r + g) / 2 - b;
      if (chroma <= rules.chroma) continue;
      const sector = (Math.round(Math.atan2(Math.sqrt(3) * (g - b), 2 * r - g - b) / (Math.PI / 6)) + 12) % 12;
      sectors[sector] += chroma;
      counts[sector]++;
    }
    const best = sectors.indexOf(Math.max(...sectors)), share = counts[best] / n, angle = best * Math.PI / 6;
    const [[brightness, contrast], [rgMean, rgSpread], [ybMean, ybSpread]] = [luma, redGreen, yellowBlue].map(spread);
    return {
      aspect,
      log_aspect: Math.log(aspect),
      brightness: brightness / 255,
      contrast: contrast / 255,
      colourfulness: Math.hypot(rgSpread, ybSpread) + 0.3 * Math.hypot(rgMean, ybMean),
      hue_x: share * Math.cos(angle),
      hue_y: share * Math.sin(angle),
      hue_share: share,
    };
  }

  // The features of a loaded image element. The browser turns it by its EXIF orientation.
  function measureImage(rules, image) {
    const { naturalWidth: width, naturalHeight: height } = image, scale = Math.min(1, SEEN / Math.max(width, height));
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width, height].map((v) => Math.max(1, Math.round(v * scale)));
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.imageSmoothingQuality = "high";
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return measure(rules, context.getImageData(0, 0, canvas.width, canvas.height), width / height);
  }

  return { NAMES, measure, measureImage };
})();
