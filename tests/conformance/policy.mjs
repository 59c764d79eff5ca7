// The policy of every gate here: it stands in the way of nothing, so that what fails through
// the gate is the gate's own doing. One tool of the suite is called with what its schema does
// not take (null for a boolean), to see that no header is made of it: it is not checked.
export const EVERYTHING = {
	version: '1', default: 'allow', resources: { default: 'allow' }, prompts: { default: 'allow' },
	tools: { test_custom_headers_null: { validate: 'off' } },
	server_requests: { sampling: 'allow', elicitation: 'allow', roots: 'allow' },
};
