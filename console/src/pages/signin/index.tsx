import { useEffect } from 'preact/hooks';
import { navigate, usePlace, useTitle } from '../../app/router';
import { session, signedIn } from '../../app/session';
import { SignInForm } from '../../app/signin_form';
import { useStore } from '../../app/store';
import { Logo, Note } from '../../ui';

// Only a path of our own: never another site.
const safe = (to: string | null) => (to && /^\/(?![/\\])/.test(to) && !to.startsWith('/signin') ? to : '/');

export default function SignIn() {
	useTitle('Sign in');
	const { search } = usePlace();
	const now = useStore(session);
	const query = new URLSearchParams(search);
	const to = safe(query.get('return'));
	useEffect(() => {
		if (now?.signed_in)
			navigate(to, { replace: true });
	}, [now]);
	return (
		<div class="bare"><main class="bare-box stack" id="main" tabIndex={-1}>
			<div class="brand"><Logo size={30} /> Gatehouse</div>
			<div class="card stack">
				<h1>Sign in</h1>
				{query.get('error') && <Note tone="bad" title="Signing in did not work">{query.get('error')}</Note>}
				{now && !now.signed_in && now.needs_setup ? (
					<Note title="This gate has no users yet">
						<p>When the program started, it printed a link that begins with <code>{location.origin}/setup</code>. Open it to create the first administrator.</p>
						<p>To get a new link, run <code>gatehouse user setup-link</code> on the machine of the gate.</p>
					</Note>
				) : <SignInForm onDone={signedIn} />}
			</div>
		</main></div>
	);
}
