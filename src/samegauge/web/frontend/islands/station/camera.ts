// Scanning with the tablet's camera, where the browser can read codes itself.
import { h, icon } from "./dom";
import { say } from "./words";

interface Detector {
  detect(source: HTMLVideoElement): Promise<{ readonly rawValue: string }[]>;
}
type DetectorClass = new (options: { formats: string[] }) => Detector;

const LOOK_EVERY_MS = 120;

export function startCamera(view: HTMLElement, code: (text: string) => void): HTMLElement | null {
  const detectorClass = (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector;
  if (!detectorClass || !navigator.mediaDevices) return null;
  const start = async (): Promise<void> => {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }).catch(() => null);
    if (!stream) {
      view.replaceChildren(h("p", {}, say("camera refused")));
      return;
    }
    const video = h("video", { playsinline: true, muted: true });
    video.srcObject = stream;
    view.replaceChildren(video);
    await video.play();
    const detector = new detectorClass({ formats: ["qr_code", "data_matrix", "code_128", "code_39", "ean_13"] });
    // Ends by itself when the step is drawn anew or left.
    while (video.isConnected) {
      const found = await detector.detect(video).catch(() => []);
      if (found[0]) {
        code(found[0].rawValue);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    for (const track of stream.getTracks()) track.stop();
    view.replaceChildren();
  };
  return h("button", { type: "button", class: "sg-button st-button", click: () => void start() }, icon("camera"), h("span", {}, say("use camera")));
}
