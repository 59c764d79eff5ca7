// A QR code as the path of one SVG, so that no picture is loaded and no style is written.
import qrcode from 'qrcode-generator';

export interface Qr { size: number; path: string }

// Edges of four modules are part of the code (ISO/IEC 18004).
const QUIET = 4;

export function qrOf(text: string): Qr {
	const code = qrcode(0, 'M');
	code.addData(text, 'Byte');
	code.make();
	const n = code.getModuleCount();
	let path = '';
	for (let y = 0; y < n; y++) {
		for (let x = 0; x < n; x++) {
			if (!code.isDark(y, x))
				continue;
			let width = 1;
			while (x + width < n && code.isDark(y, x + width))
				width++;
			path += `M${x + QUIET} ${y + QUIET}h${width}v1h-${width}z`;
			x += width - 1;
		}
	}
	return { size: n + 2 * QUIET, path };
}
