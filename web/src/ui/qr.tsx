// A QR code drawn here, from a text that goes nowhere: black on white in every look, for cameras.
import qrcode from 'qrcode-generator';

export function Qr({ text, label }: { text: string; label: string }) {
	const code = qrcode(0, 'M');
	code.addData(text);
	code.make();
	const n = code.getModuleCount(), quiet = 4, side = n + 2 * quiet;
	let d = '';
	for (let r = 0; r < n; r++) for (let c = 0; c < n; c++) if (code.isDark(r, c)) d += `M${c + quiet} ${r + quiet}h1v1h-1z`;
	return (
		<svg class="qr" viewBox={`0 0 ${side} ${side}`} role="img" aria-label={label} shape-rendering="crispEdges" data-modules={n}>
			<rect width={side} height={side} fill="#fff" />
			<path d={d} fill="#000" />
		</svg>
	);
}
