// The console begins here.
import { ComponentType, render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import './style/index.css';
import { Boundary } from './app/boundary';
import { Frame, SignInAgain, waiting } from './app/frame';
import { KeysHelp, useKeys } from './app/keys';
import { startNotices } from './app/notice';
import { CommandPalette } from './app/palette';
import { match, navigate, startRouter, usePlace } from './app/router';
import { loadSession, session } from './app/session';
import { useStore } from './app/store';
import { Route, routes } from './pages';
import { Button, Empty, Note, Page, Spinner, Toasts } from './ui';
import './app/events';

function NotFound() {
	return <Page title="There is no such page"><Empty icon="search" title="This address leads nowhere" actions={<Button href="/" kind="primary">To the overview</Button>}>It may have been mistyped, or what it showed has been deleted.</Empty></Page>;
}

const loaded = new Map<Route, ComponentType<any>>();

function Lazy({ route, params }: { route: Route; params: Record<string, string> }) {
	const [, turn] = useState(0);
	const [error, setError] = useState<Error>();
	const page = loaded.get(route);
	useEffect(() => {
		setError(undefined);
		if (!loaded.has(route))
			route.load().then((m) => { loaded.set(route, m.default); turn((n) => n + 1); }, setError);
	}, [route]);
	if (error)
		return <div class="page"><Note tone="bad" title="This page could not be loaded" actions={<Button size="small" onClick={() => location.reload()}>Load again</Button>}>The gate may have been updated, or is not reachable.</Note></div>;
	if (!page)
		return <Spinner />;
	const Shown = page;
	// Another object is another page: nothing of the last one stays in it.
	return <Shown key={JSON.stringify(params)} params={params} />;
}

function App() {
	const { path, search } = usePlace();
	const now = useStore(session);
	const [failed, setFailed] = useState<Error>();
	useKeys();
	useEffect(() => { loadSession().catch(setFailed); }, []);
	const hit = routes.map((r) => ({ r, params: match(r.path, path) })).find((x) => x.params);
	const isOut = now !== undefined && !now.signed_in && !hit?.r.isBare;
	useEffect(() => {
		if (isOut)
			navigate(`/signin${path === '/' && !search ? '' : `?return=${encodeURIComponent(path + search)}`}`, { replace: true, force: true });
	}, [isOut]);
	if (failed && !now)
		return <div class="bare"><Note tone="bad" title="The gate cannot be reached" actions={<Button size="small" icon="refresh" onClick={() => location.reload()}>Try again</Button>}>{failed.message}</Note></div>;
	if (now === undefined || isOut)
		return <div class="bare"><Spinner label="Opening the console" /></div>;
	const page = hit ? <Lazy route={hit.r} params={hit.params!} /> : <NotFound />;
	return (
		<>
			{hit?.r.isBare ? <Boundary at={path}>{page}</Boundary> : <Frame><Boundary at={path}>{page}</Boundary></Frame>}
			<CommandPalette />
			<KeysHelp />
			<SignInAgain />
			<Toasts />
		</>
	);
}

startRouter();
startNotices(() => waiting.get().approvals ?? 0, (fn) => waiting.follow(fn));
const root = document.getElementById('app')!;
root.textContent = '';
render(<App />, root);
