// What stands around every page: where one can go, search, who is signed in.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Entry, sections } from '../pages';
import { Dialog, Drawer } from '../ui/dialog';
import { Icon, Logo } from '../ui/icon';
import { IconButton } from '../ui/button';
import { Menu } from '../ui/menu';
import { api } from './api';
import { isLive, onEvent } from './events';
import { showKeys } from './keys';
import { isPaletteOpen } from './palette';
import { usePlace } from './router';
import { isAsking, session, signOut, signedIn, useMay, useUser } from './session';
import { SignInForm } from './signin_form';
import { store, useStore } from './store';
import { Theme, setTheme, theme } from './theme';

// What waits for somebody: shown beside the pages' names. Kept by what the gate tells.
export const waiting = store<{ approvals?: number; held?: number }>({});

function useWaiting() {
	useEffect(() => {
		const look = () => {
			api.get<{ approvals?: unknown[]; total?: number }>('/approvals', { state: 'pending' }, { isQuiet: true })
				.then((a) => waiting.set({ ...waiting.get(), approvals: a.total ?? a.approvals?.length ?? 0 }), () => undefined);
		};
		look();
		const stops = [onEvent('approval', look), isLive.follow((live) => { if (live) look(); })];
		return () => stops.forEach((s) => s());
	}, []);
}

const isHere = (href: string, path: string) => (href === '/' ? path === '/' : path === href || path.startsWith(`${href}/`));

function NavLink({ entry, path, onGo, isShort }: { entry: Entry; path: string; onGo?: () => void; isShort?: boolean }) {
	const n = useStore(waiting)[entry.count ?? 'approvals'];
	return (
		<a class={isShort ? '' : 'side-link'} href={entry.href} aria-current={isHere(entry.href, path) ? 'page' : undefined} onClick={onGo}>
			<Icon name={entry.icon} size={isShort ? 20 : 17} /><span>{entry.label}</span>
			{entry.count && !!n && <span class="side-count">{n > 99 ? '99+' : n}<span class="sr-only"> waiting</span></span>}
		</a>
	);
}

function useEntries() {
	const may = useMay();
	return sections.map((s) => ({ ...s, entries: s.entries.filter((e) => may(e.need, e.isAnywhere ? '*' : undefined)) })).filter((s) => s.entries.length);
}

function Nav({ onGo }: { onGo?: () => void }) {
	const { path } = usePlace();
	const shown = useEntries();
	return <>{shown.map((s) => (
		<div key={s.title}>
			{s.title && <div class="side-title">{s.title}</div>}
			<ul>{s.entries.map((e) => <li key={e.href}><NavLink entry={e} path={path} onGo={onGo} /></li>)}</ul>
		</div>))}</>;
}

function PhoneNav() {
	const { path } = usePlace();
	const [isOpen, setOpen] = useState(false);
	const all = useEntries().flatMap((s) => s.entries).filter((e) => e.isForPhone);
	return (
		<>
			<nav class="phone-nav" aria-label="Main, short">
				{all.map((e) => <NavLink key={e.href} entry={e} path={path} isShort />)}
				<button type="button" onClick={() => setOpen(true)} aria-haspopup="dialog"><Icon name="menu" size={20} /><span>More</span></button>
			</nav>
			{isOpen && <Drawer title="Gatehouse" onClose={() => setOpen(false)}><nav class="drawer-nav" aria-label="All pages"><Nav onGo={() => setOpen(false)} /></nav></Drawer>}
		</>
	);
}

const THEMES: [Theme, string, 'screen' | 'sun' | 'moon'][] = [['system', 'As the system', 'screen'], ['light', 'Light', 'sun'], ['dark', 'Dark', 'moon']];

function Who() {
	const user = useUser();
	const now = useStore(theme);
	if (!user)
		return null;
	const name = user.display_name || user.name;
	return (
		<Menu label={`Signed in as ${name}`} class="who" items={[
			{ label: 'Your account', icon: 'user', href: '/account' },
			{ label: 'Keyboard shortcuts', icon: 'keyboard', onSelect: showKeys },
			{ label: 'line-1', isLine: true },
			...THEMES.map(([t, label, icon]) => ({ label, icon, isOn: now === t, onSelect: () => setTheme(t) })),
			{ label: 'line-2', isLine: true },
			{ label: 'Sign out', icon: 'out', onSelect: () => { signOut(); } },
		]}><span class="face" aria-hidden="true" data-letter={name.slice(0, 1).toUpperCase()} /><span class="who-name">{name}</span><Icon name="down" size={12} /></Menu>
	);
}

function Top() {
	const [isScrolled, set] = useState(false);
	useEffect(() => {
		const on = () => set(scrollY > 4);
		addEventListener('scroll', on, { passive: true });
		return () => removeEventListener('scroll', on);
	}, []);
	const mac = /Mac|iPhone|iPad/.test(navigator.platform);
	return (
		<header class={`top ${isScrolled ? 'is-scrolled' : ''}`}>
			<button type="button" class="top-search" onClick={() => isPaletteOpen.set(true)} aria-keyshortcuts="Control+K"><Icon name="search" size={15} /><span>Search</span><kbd>{mac ? '⌘' : 'Ctrl'} K</kbd></button>
			<span class="grow" />
			<IconButton icon="keyboard" label="Keyboard shortcuts" class="who-name" onClick={showKeys} />
			<Who />
		</header>
	);
}

// Above the page, which stays as it is: calls that wait go on afterwards.
export function SignInAgain() {
	const asking = useStore(isAsking);
	const now = useStore(session);
	if (!asking)
		return null;
	const name = now?.signed_in ? now.user.name : '';
	return (
		<Dialog title="Sign in again" onClose={() => undefined} isFixed size="small">
			<div class="stack"><p class="muted">Your session has ended. What you typed is still here, and goes on when you have signed in.</p>
				<SignInForm name={name} onDone={(s) => {
					// Somebody else: their page, not this one.
					if (now?.signed_in && now.user.id !== s.user.id) {
						sessionStorage.clear();
						location.assign('/');
					} else {
						signedIn(s);
					}
				}} /></div>
		</Dialog>
	);
}

export function Frame({ children }: { children: ComponentChildren }) {
	const live = useStore(isLive);
	useWaiting();
	return (
		<div class="frame">
			<a class="skip" href="#main" onClick={(e) => { e.preventDefault(); document.getElementById('main')?.focus(); }}>Skip to the page</a>
			<aside class="side" aria-label="Sidebar">
				<a class="brand" href="/"><Logo /> Gatehouse</a>
				<nav aria-label="Main"><Nav /></nav>
				<div class="side-foot"><span class={`dot tone-${live ? 'good' : 'warn'}`}><i aria-hidden="true" />{live ? 'Live' : 'Connecting'}</span><span class="grow" /><a href="/licences.txt">Licences</a></div>
			</aside>
			<div>
				<Top />
				<main class="main" id="main" tabIndex={-1}>{children}</main>
			</div>
			<PhoneNav />
		</div>
	);
}
