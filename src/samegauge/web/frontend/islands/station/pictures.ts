// A camera's picture made small enough to keep and to send, with the hash that names it.
import { sha256OfFile } from "../sha256";

const LONGEST_EDGE_PX = 2000;
const SMALL_EDGE_PX = 480;
const QUALITY = 0.85;

export interface Taken {
  readonly blob: Blob;
  readonly small: Blob; // what is still shown here when the picture is on the server
  readonly sha256: string;
}

export async function takePicture(file: Blob): Promise<Taken> {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const [blob, small] = await Promise.all([LONGEST_EDGE_PX, SMALL_EDGE_PX].map((edge_px) => jpeg(drawn(picture, edge_px))));
  picture.close();
  if (!blob || !small) throw new Error("the picture cannot be drawn");
  return { blob, small, sha256: await sha256OfFile(blob, () => undefined) };
}

function jpeg(canvas: HTMLCanvasElement): Promise<Blob | null> {
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
}

// A canvas instead of an <img>: the site's rules let no picture in from elsewhere than the site.
export async function preview(small: Blob): Promise<HTMLCanvasElement> {
  const picture = await createImageBitmap(small);
  const canvas = drawn(picture, SMALL_EDGE_PX);
  picture.close();
  return canvas;
}

function drawn(picture: ImageBitmap, longest_px: number): HTMLCanvasElement {
  const scale = Math.min(1, longest_px / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}
