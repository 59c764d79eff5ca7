// ⌘K: go anywhere, find servers, tools, policies and grants, or do something.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Dialog } from '../ui/dialog';
import { Icon, IconName } from '../ui/icon';
import { sections } from '../pages';
import { api, isAbort, seg } from './api';
import { navigate } from './router';
import { mayOf, session, signOut } from './session';
import { store, useStore } from './store';
import { setTheme } from './theme';
import type { Grant, Policy, Server, ToolRow } from './types';
import { useRested } from './use';

interface Found { key: string; label: string; hint: string; icon: IconName; go: () => void }

export const isPaletteOpen = store(false);

const to = (href: string) => () => navigate(href);

function places(): Found[] {
	const s = session.get();
	const may = (need: any, anywhere?: boolean) => mayOf(s, need, anywhere ? '*' : undefined);
	const pages = sections.flatMap((x) => x.entries).filter((e) => may(e.need, e.isAnywhere)).map((e) => ({ key: e.href, label: e.label, hint: 'Page', icon: e.icon, go: to(e.href) }));
	const more: Found[] = [
		...(may('manage') ? [
			{ key: 'add', label: 'Add a server', hint: 'Action', icon: 'plus' as IconName, go: to('/servers/add') },
			{ key: 'grant', label: 'New grant', hint: 'Action', icon: 'plus' as IconName, go: to('/grants/new') }] : []),
		...(may('policy', true) ? [{ key: 'policy', label: 'New policy', hint: 'Action', icon: 'plus' as IconName, go: to('/policies/new') }] : []),
		{ key: 'account', label: 'Your account', hint: 'Page', icon: 'user', go: to('/account') },
		{ key: 'light', label: 'Light colours', hint: 'Action', icon: 'sun', go: () => setTheme('light') },
		{ key: 'dark', label: 'Dark colours', hint: 'Action', icon: 'moon', go: () => setTheme('dark') },
		{ key: 'out', label: 'Sign out', hint: 'Action', icon: 'out', go: () => { signOut(); } },
	];
	return [...pages, ...more];
}

async function find(q: string, signal: AbortSignal): Promise<Found[]> {
	const ask = <T,>(path: string, params: Record<string, string | number>) => api.get<T>(path, params, { signal }).catch((e) => { if (isAbort(e)) throw e; return undefined; });
	const [servers, tools, policies, grants] = await Promise.all([
		ask<{ servers: Server[] }>('/servers', { q, limit: 6 }), ask<{ tools: ToolRow[] }>('/tools', { q, limit: 8 }),
		ask<{ policies: Policy[] }>('/policies', { q, limit: 6 }), ask<{ grants: Grant[] }>('/grants', { q, limit: 6 }),
	]);
	return [
		...(servers?.servers ?? []).map((s) => ({ key: `s${s.name}`, label: s.name, hint: 'Server', icon: 'server' as IconName, go: to(`/servers/${seg(s.name)}`) })),
		...(tools?.tools ?? []).map((t) => ({ key: `t${t.server}/${t.name}`, label: t.name, hint: `Tool of ${t.server}`, icon: 'tool' as IconName, go: to(`/tools/${seg(t.server)}/${seg(t.name)}`) })),
		...(policies?.policies ?? []).map((p) => ({ key: `p${p.name}`, label: p.name, hint: 'Policy', icon: 'policy' as IconName, go: to(`/policies/${seg(p.name)}`) })),
		...(grants?.grants ?? []).map((g) => ({ key: `g${g.id}`, label: g.label, hint: 'Grant', icon: 'key' as IconName, go: to(`/grants/${seg(g.id)}`) })),
	];
}

function Palette() {
	const [q, setQ] = useState('');
	const [found, setFound] = useState<Found[]>([]);
	const [at, setAt] = useState(0);
	const rested = useRested(q.trim(), 150);
	const list = useRef<HTMLUListElement>(null);
	const fixed = useMemo(places, []);
	useEffect(() => {
		if (!rested) {
			setFound([]);
			return;
		}
		const stop = new AbortController();
		find(rested, stop.signal).then(setFound, () => undefined);
		return () => stop.abort();
	}, [rested]);
	const words = q.toLowerCase().split(/\s+/).filter(Boolean);
	const all = [...fixed.filter((f) => words.every((w) => f.label.toLowerCase().includes(w))), ...(q.trim() ? found : [])];
	const chosen = Math.min(at, all.length - 1);
	const close = () => isPaletteOpen.set(false);
	const go = (f?: Found) => { if (f) { close(); f.go(); } };
	useEffect(() => list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' }), [chosen]);
	const onKey = (e: KeyboardEvent) => {
		const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
		if (step) {
			e.preventDefault();
			setAt((chosen + step + all.length) % Math.max(1, all.length));
		} else if (e.key === 'Enter') {
			e.preventDefault();
			go(all[chosen]);
		}
	};
	return (
		<Dialog title="Search and go" onClose={close}>
			<div class="stack-small">
				<div class="palette-input card palette"><Icon name="search" />
					<input autoFocus role="combobox" aria-expanded="true" aria-controls="palette-list" aria-activedescendant={all[chosen] ? `palette-${chosen}` : undefined} aria-label="Search for a page, server, tool, policy or grant"
						placeholder="Page, server, tool, policy, grant…" value={q} onInput={(e) => { setQ(e.currentTarget.value); setAt(0); }} onKeyDown={onKey} spellcheck={false} autoComplete="off" /></div>
				<ul class="palette-list" id="palette-list" role="listbox" aria-label="Found" ref={list}>
					{all.map((f, i) => (
						<li key={f.key} id={`palette-${i}`} role="option" aria-selected={i === chosen} class="palette-item" onMouseMove={() => setAt(i)} onClick={() => go(f)}>
							<Icon name={f.icon} size={16} /><span class="cut">{f.label}</span><small>{f.hint}</small></li>))}
					{!all.length && <li class="pad muted" role="option" aria-selected="false" aria-disabled="true">Nothing is called “{q}”.</li>}
				</ul>
			</div>
		</Dialog>
	);
}

export function CommandPalette() {
	return useStore(isPaletteOpen) ? <Palette /> : null;
}
