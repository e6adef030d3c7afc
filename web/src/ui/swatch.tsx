// The look of a class in legends and lists: the same fill, pattern and outline as on the map.
import { lookOf, type HazardLook } from '../looks';

let made = 0;
export function LookBox({ look, dashed }: { look: HazardLook; dashed?: boolean }) {
	const id = `pattern${(made = (made + 1) % 1e6)}`;
	const p = look.pattern, [oc, ow, style] = look.outline;
	const gap = p ? Math.max(4, p.gap_px * 0.8) : 0;
	return (
		<svg class="swatch" viewBox="0 0 28 18" aria-hidden="true" focusable="false">
			{p && (
				<defs>
					<pattern id={id} width={gap} height={gap} patternUnits="userSpaceOnUse" patternTransform={`rotate(${p.kind === 'dot' ? 0 : -p.angle})`}>
						{p.kind === 'dot' ? <circle cx={gap / 2} cy={gap / 2} r={p.width_px / 2} fill={p.colour} /> : <path d={`M0 ${gap / 2}H${gap}${p.kind === 'cross' ? `M${gap / 2} 0V${gap}` : ''}`} stroke={p.colour} stroke-width={p.width_px} />}
					</pattern>
				</defs>
			)}
			<rect x="2" y="2" width="24" height="14" fill="#fff" />
			<rect x="2" y="2" width="24" height="14" fill={look.fill} fill-opacity={look.opacity} />
			{p && <rect x="2" y="2" width="24" height="14" fill={`url(#${id})`} />}
			<rect x="2" y="2" width="24" height="14" fill="none" stroke={oc} stroke-width={Math.max(1, ow * 0.7)} stroke-dasharray={style || undefined} />
			{dashed && <rect x="1" y="1" width="26" height="16" fill="none" stroke="#000" stroke-width="1.6" stroke-dasharray="4 2.5" />}
		</svg>
	);
}
export function Swatch({ of }: { of: string }) {
	const look = lookOf(of);
	return look ? <LookBox look={look} /> : null;
}
