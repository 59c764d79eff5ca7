/* The rules by their ids, with the words of docs/scan.md. */
#include "base/check.h"
#include "report/report.h"

static const struct report_rule_text rules[RULES] = {
	[RULE_TOOL_FINANCIAL] = {
		"tool-financial", "A tool moves money or commits spending",
		"An agent that is misled, or mistaken, can pay, refund, order or upgrade with it.",
		"Let a person approve each call, with a daily total on the amount.",
		"{\"action\":\"require_approval\"}", SEVERITY_CRITICAL },
	[RULE_TOOL_DESTRUCTIVE] = {
		"tool-destructive", "A tool deletes or changes things beyond recall",
		"What it does cannot be undone, and an agent needs one wrong step to call it.",
		"Hide it from agents that do not need it; let a person approve it for those that do.",
		"{\"action\":\"hide\"}", SEVERITY_HIGH },
	[RULE_TOOL_EXECUTE] = {
		"tool-execute", "A tool runs code or commands, or sets off something whose effect depends on the arguments",
		"What it can do is not in its definition but in what the agent, or whoever speaks to it, writes into the arguments.",
		"Limit how often it runs, and what its arguments may say.",
		"{\"limits\":[{\"counter\":\"calls\",\"window\":\"minute\",\"max\":10,\"scope\":\"grant\"}]}", SEVERITY_HIGH },
	[RULE_TOOL_WRITE] = {
		"tool-write", "A tool creates or changes things",
		"It can be undone, but not by the agent that did it, and a loop does it a thousand times.",
		"Limit how often it runs.",
		"{\"limits\":[{\"counter\":\"calls\",\"window\":\"minute\",\"max\":30,\"scope\":\"grant\"}]}", SEVERITY_MEDIUM },
	[RULE_TOOL_READ] = {
		"tool-read", "A tool reads what is worth protecting",
		"It changes nothing, but what it returns is private, or the world may have written it.",
		"Allow it to those who need it, and limit what may follow it (flows).",
		"{}", SEVERITY_MEDIUM },
	[RULE_TOOL_INVALID] = {
		"tool-invalid", "A definition is no valid tool",
		"The gate refuses calls to it, since nothing about it can be checked.",
		"Have the server's author correct the definition.", NULL, SEVERITY_HIGH },
	[RULE_TOOL_CLAIM] = {
		"tool-claim", "A server claims something else of a tool than its definition shows",
		"Clients ask people less about tools that are said to only read, and an annotation is nothing but the server's word.",
		"Do not decide by annotations; if the claim is right and the finding is wrong, accept it in the baseline with a reason.",
		NULL, SEVERITY_HIGH },
	[RULE_DEFINITION_ORDERS] = {
		"definition-orders", "A definition gives orders to the model that reads it",
		"All of a definition is put before the model; one that tells it what to do beside using the tool steers it (tool poisoning).",
		"Do not connect the server until a person has read the definition and knows why it says so.", NULL, SEVERITY_HIGH },
	[RULE_DEFINITION_HIDDEN] = {
		"definition-hidden", "A definition has characters that people cannot see",
		"The model reads them, and the person who approves the tool does not.",
		"Do not connect the server; look at the definition with the characters shown.", NULL, SEVERITY_CRITICAL },
	[RULE_DEFINITION_SHADOWS] = {
		"definition-shadows", "A definition speaks of a tool of another server, or takes its place",
		"It can redirect or change calls that were meant for the other server (shadowing).",
		"Do not offer both servers to one agent until a person has compared the two tools.", NULL, SEVERITY_HIGH },
	[RULE_DEFINITION_LOOK_ALIKE] = {
		"definition-look-alike", "A tool's name can be taken for another's",
		"An agent, or the person who approves the call, takes it for the tool that it resembles.",
		"Compare it with the tool it resembles; hide the one that is not meant.",
		"{\"action\":\"hide\"}", SEVERITY_HIGH },
	[RULE_DEFINITION_CONTEXT] = {
		"definition-context", "A tool asks for what the model knows of itself or of the conversation",
		"Its parameters carry the system prompt, the conversation or the list of tools to whoever runs the server.",
		"Refuse calls that have the argument.", NULL, SEVERITY_HIGH },
	[RULE_TOOL_CHANGED] = {
		"tool-changed", "A tool is not what it was when the baseline was written",
		"A definition that was reviewed and changes afterwards is how a trusted server turns (rug pull).",
		"Read the difference; then write the baseline anew.", NULL, SEVERITY_HIGH },
	[RULE_TOOL_ADDED] = {
		"tool-added", "A server of the baseline has a tool that it did not have",
		"Nobody has looked at it yet.",
		"Look at it, let the policy decide it, then write the baseline anew.", NULL, SEVERITY_MEDIUM },
	[RULE_TOOL_REMOVED] = {
		"tool-removed", "A tool of the baseline is gone",
		"Rules and programs that name it do nothing any more.",
		"Take its rules out of the policy; then write the baseline anew.", NULL, SEVERITY_LOW },
	[RULE_SERVER_ADDED] = {
		"server-added", "A server is configured that the baseline does not know",
		"Whoever runs this configuration runs its code, or sends it what the agent says.",
		"Look at where it comes from and at its tools; then write the baseline anew.", NULL, SEVERITY_MEDIUM },
	[RULE_SERVER_UNPINNED] = {
		"server-unpinned", "A server is started without a fixed version",
		"Each start fetches whatever was published last, also what somebody published who took over the package.",
		"Name the version: `npx -y package@1.2.3`, `uvx package==1.2.3`, an image by its digest.", NULL, SEVERITY_MEDIUM },
	[RULE_SERVER_WITHOUT_TLS] = {
		"server-without-tls", "A server is reached over plain HTTP",
		"Whoever is on the way reads and changes what is said, tokens and definitions of tools included.",
		"Use https://.", NULL, SEVERITY_HIGH },
	[RULE_SECRET_IN_CLEAR] = {
		"secret-in-clear", "A secret stands in a file of the repository",
		"Everybody who can read the repository, and its history, has it.",
		"Revoke it, then name a variable of the environment in its place.", NULL, SEVERITY_CRITICAL },
	[RULE_POLICY_INVALID] = {
		"policy-invalid", "A policy does not load",
		"The gate refuses it, and keeps the one that is in force, or refuses every call.",
		"Correct it: `gatehouse policy check` shows every mistake.", NULL, SEVERITY_HIGH },
	[RULE_POLICY_WARNING] = {
		"policy-warning", "A part of a policy does nothing",
		"A rule that is never looked at, or that can never hold, protects nothing.",
		"Correct or remove it.", NULL, SEVERITY_LOW },
	[RULE_POLICY_ALLOWS] = {
		"policy-allows", "A policy lets a dangerous tool through without a condition",
		"No limit, condition or person stands between the agent and a tool that is high or critical.",
		"Put the recommended rule in its place.", NULL, SEVERITY_HIGH },
	[RULE_POLICY_UNDECIDED] = {
		"policy-undecided", "A policy does not name a tool",
		"Only its `default` decides about it, so nobody has.",
		"Give it a rule of its own, if only to hide it.", NULL, SEVERITY_LOW },
	[RULE_FILE_INVALID] = {
		"file-invalid", "A file cannot be read",
		"What it configures could not be looked at.",
		"Correct it at the place that is shown.", NULL, SEVERITY_HIGH },
};

const struct report_rule_text *report_rule_text(enum report_rule r)
{
	BUG_ON(r <= RULE_NONE || r >= RULES);
	return &rules[r];
}

enum report_rule report_rule_find(struct slice id)
{
	for (int r = RULE_NONE + 1; r < RULES; r++)
		if (slice_is(id, rules[r].id))
			return (enum report_rule)r;
	return RULE_NONE;
}
