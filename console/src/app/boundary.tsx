// A page that fails takes only itself down.
import { Component, ComponentChildren } from 'preact';
import { Button } from '../ui/button';
import { Note } from '../ui/show';

export class Boundary extends Component<{ at: string; children: ComponentChildren }, { error?: Error; at?: string }> {
	state: { error?: Error; at?: string } = {};

	static getDerivedStateFromProps(props: { at: string }, state: { at?: string }) {
		return state.at === props.at ? null : { at: props.at, error: undefined };
	}

	componentDidCatch(error: Error) {
		console.error(error);
		this.setState({ error });
	}

	render() {
		const { error } = this.state;
		if (!error)
			return this.props.children;
		return (
			<div class="page"><Note tone="bad" title="This page has failed" actions={<Button size="small" icon="refresh" onClick={() => location.reload()}>Load again</Button>}>
				<p>The gate itself is not affected. Loading the page again usually helps; when it does not, report this text: <code>{error.message}</code></p>
			</Note></div>
		);
	}
}
