// The policy of every gate here: it stands in the way of nothing, so that what fails through
// the gate is the gate's own doing.
export const EVERYTHING = {
	version: '1', default: 'allow', resources: { default: 'allow' }, prompts: { default: 'allow' },
	server_requests: { sampling: 'allow', elicitation: 'allow', roots: 'allow' },
};
