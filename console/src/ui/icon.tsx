// Drawn on a grid of 20, with strokes, in the colour of the text.
const PATHS = {
	home: 'M3.5 9 10 3.5 16.5 9M5 8v8.5h10V8M8.3 16.5v-5h3.4v5',
	server: 'M3.5 4h13v5h-13zM3.5 11h13v5h-13zM6.5 6.5h.01M6.5 13.5h.01M10 6.5h3.5M10 13.5h3.5',
	tool: 'M12.6 3.6a4 4 0 0 0-4.8 5.2l-4.4 4.4a1.8 1.8 0 0 0 0 2.5l.9.9a1.8 1.8 0 0 0 2.5 0l4.4-4.4a4 4 0 0 0 5.2-4.8l-2.5 2.5-2.6-.7-.7-2.6z',
	policy: 'M10 2.8 16 5v4.5c0 3.7-2.4 6.3-6 7.7-3.6-1.4-6-4-6-7.7V5zM7.2 9.8l2 2 3.6-3.8',
	key: 'M12.5 3.5a4 4 0 1 1-2.9 6.8L3.5 16.4v.1h2.6v-2h2v-2h1.5M13.6 6.4h.01',
	approval: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM7 10.2l2.1 2.1L13.2 8',
	activity: 'M2.5 10.5h3l2.4-6 4 11 2.4-5h3.2',
	play: 'M6 4v12l10-6z',
	users: 'M7.5 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2 16.5c.3-3 2.5-4.7 5.5-4.7s5.2 1.7 5.5 4.7M13 3.8a3 3 0 0 1 0 5.5M14.8 12.2c1.8.6 3 2.1 3.2 4.3',
	settings: 'M10 12.6a2.6 2.6 0 1 0 0-5.2 2.6 2.6 0 0 0 0 5.2zM10 2.5v2M10 15.5v2M2.5 10h2M15.5 10h2M4.7 4.7l1.4 1.4M13.9 13.9l1.4 1.4M15.3 4.7l-1.4 1.4M6.1 13.9l-1.4 1.4',
	audit: 'M5 2.8h7l3.5 3.5v10.9H5zM12 2.8v3.5h3.5M7.5 10h5M7.5 13h5',
	user: 'M10 10a3.3 3.3 0 1 0 0-6.6A3.3 3.3 0 0 0 10 10zM3.8 16.8c.5-3 2.8-4.6 6.2-4.6s5.7 1.6 6.2 4.6',
	search: 'M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12zM13.4 13.4 17 17',
	plus: 'M10 4v12M4 10h12',
	close: 'M5 5l10 10M15 5 5 15',
	check: 'M4 10.5l4 4 8-9',
	down: 'M5 7.5l5 5 5-5',
	right: 'M7.5 5l5 5-5 5',
	left: 'M12.5 5l-5 5 5 5',
	up: 'M5 12.5l5-5 5 5',
	more: 'M5 10h.01M10 10h.01M15 10h.01',
	menu: 'M3.5 5.5h13M3.5 10h13M3.5 14.5h13',
	copy: 'M7 7h9.5v9.5H7zM13 7V3.5H3.5V13H7',
	warn: 'M10 3 2.5 16.5h15zM10 8v4M10 14.2h.01',
	info: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM10 9.2v4.3M10 6.6h.01',
	deny: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM5 5l10 10',
	hide: 'M3 3l14 14M8.3 4.7A8 8 0 0 1 10 4.5c4 0 6.5 3 7.5 5.5a9.6 9.6 0 0 1-2 3M12 12a2.8 2.8 0 0 1-4-4M5.3 6A9.5 9.5 0 0 0 2.5 10c1 2.5 3.5 5.5 7.5 5.5 1.3 0 2.5-.3 3.5-.9',
	ask: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM8 8a2 2 0 1 1 2.6 1.9c-.5.2-.6.5-.6 1.1v.3M10 13.5h.010',
	refresh: 'M16 10a6 6 0 1 1-1.8-4.3L16 7.5M16 3.5v4h-4',
	edit: 'M4 16v-3l9-9 3 3-9 9zM11.5 5.5l3 3',
	trash: 'M4 5.5h12M8 5.5V3.5h4v2M5.5 5.5l.7 11h7.6l.7-11M8.3 8.5v5M11.7 8.5v5',
	power: 'M10 3v7M6 5.5a6 6 0 1 0 8 0',
	sun: 'M10 13.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM10 2.5V4M10 16v1.5M2.5 10H4M16 10h1.5M4.7 4.7l1 1M14.3 14.3l1 1M15.3 4.7l-1 1M5.7 14.3l-1 1',
	moon: 'M16.5 11.5A6.8 6.8 0 0 1 8.5 3.5a6.8 6.8 0 1 0 8 8z',
	screen: 'M3 4h14v9.5H3zM7 16.5h6M10 13.5v3',
	out: 'M8 3.5H4v13h4M12.5 6.5 16 10l-3.5 3.5M16 10H8',
	external: 'M11 3.5h5.5V9M16.5 3.5 9 11M14 11.5v5H3.5V6h5',
	filter: 'M3.5 5h13M6 10h8M8.5 15h3',
	clock: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM10 6v4.2l2.7 1.6',
	bell: 'M5 13.5V9a5 5 0 0 1 10 0v4.5l1.5 1.5h-13zM8.5 17h3',
	undo: 'M4 8h8.2a3.8 3.8 0 0 1 0 7.6H8M7.2 4.6 3.8 8l3.4 3.4',
	redo: 'M16 8H7.8a3.8 3.8 0 0 0 0 7.6H12M12.8 4.6 16.2 8l-3.4 3.4',
	history: 'M4 10a6 6 0 1 1 1.8 4.3M4 5.5V10h4.5M10 7v3.3l2.3 1.4',
	download: 'M10 3.5v9M6.5 9.5 10 13l3.5-3.5M4 16.5h12',
	link: 'M8.5 11.5a3 3 0 0 0 4.3 0l2.7-2.7a3 3 0 0 0-4.3-4.3l-1 1M11.5 8.5a3 3 0 0 0-4.3 0l-2.7 2.7a3 3 0 0 0 4.3 4.3l1-1',
	keyboard: 'M2.5 5.5h15v9h-15zM5.5 8.5h.010M8.5 8.5h.010M11.5 8.5h.010M14.5 8.5h.010M6.5 11.5h7',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
	return (
		<svg class="icon" width={size} height={size} viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.5"
			stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false"><path d={PATHS[name]} /></svg>
	);
}

export function Logo({ size = 26 }: { size?: number }) {
	return (
		<svg class="logo" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
			<rect width="32" height="32" rx="7" fill="currentColor" />
			<path d="M8 25V13.5a8 8 0 0 1 16 0V25M8 25h16M12.7 25V11.2M16 25V9.5M19.3 25V11.2" fill="none" stroke="var(--on-accent)" stroke-width="2" stroke-linecap="round" />
		</svg>
	);
}
