/* The words themselves: English, and the commonest of some other languages. */
#include "scan/lexicon.h"
#include "base/check.h"
#include "base/compiler.h"
#include <stdbool.h>
#include <string.h>

static const struct {
	uint64_t what;
	const char *words;
} groups[] = {
	{ W_OVERRIDE, "ignore ignoring disregard forget neglect discard ignorez oubliez ignora ignorad olvida olvide olvidad vergiss vergesst ignoriere "
		      "ignorieren missachte dimentica ignorare ignori esqueca desconsidere negeer vergeet" },
	{ W_PRIOR | W_ALL, "all any every toutes tous todas todos alle tutte tutti entire everything" },
	{ W_PRIOR | W_OLD, "previous prior above earlier preceding foregoing existing original initial subsequent precedentes "
			   "precedents anteriores previas vorherigen bisherigen precedenti vorige eerdere" },
	{ W_PRIOR, "your other later user users actual current following safety" },
	{ W_ORDERS, "instruction instructions directive directives directions rule rules guideline guidelines prompt prompts "
		    "orders consignes instrucciones reglas anweisungen regeln istruzioni regole instrucoes regras "
		    "constraints training programming instructies request commands" },
	{ W_PROMPT, "prompt prompts instruction instructions guidelines consignes "
		    "instrucciones anweisungen istruzioni instrucoes" },
	{ W_GUARD, "security safety validation authentication authorization restriction restrictions checks check safeguard "
		   "safeguards filter filters confirmation approval guardrails moderation limitations protections permissions "
		   "controls sandbox verification" },
	{ W_LIMITS, "restrictions restriction limits limitations filters rules safeguards guardrails censorship" },
	{ W_DISABLE, "bypass bypasses disable disabled suspend suspended skip circumvent deactivate deactivated lifted waived "
		     "evade unlocked override overrides overriding overrule overruled supersede supersedes precedence "
		     "ignores turned" },
	{ W_REVEAL, "reveal print output show disclose display repeat expose leak dump recite revelez reveler montrez affichez "
		    "revela muestra mostrar zeige offenbare rivela mostra revele mostre verrate toon" },
	{ W_SYSTEM, "system hidden internal initial developer secret confidential systeme sistema systemprompt" },
	{ W_SECRET, "secret secrets password passwords credential credentials token tokens apikey key keys passwd cookie "
		    "cookies passe contrasena contrasenas passwort passworter geheimnisse geheimen segreti senha senhas "
		    "wallet mnemonic privatekey confidential sensitive ssn env" },
	{ W_CHAT, "conversation history chat context messages transcript dialogue" },
	{ W_SEND, "send post upload forward transmit email mail share deliver submit relay bcc cc envoyez envoie envie envia "
		  "enviar manda mande sende schicke invia inviate stuur sending posting uploading forwarding transmitting" },
	{ W_STEAL, "exfiltrate exfiltrates exfiltrating exfiltration steal siphon harvest exfiltrez exfiltra" },
	{ W_PUT, "include embed append attach add insert pass put encode write save store inject embedding including concatenate "
		 "appending enregistrez ajoutez guarda anade speichere salva" },
	{ W_FAR, "external remote attacker attackers collector webhook endpoint externe externo externen esterno externa "
		 "server serveur servidor untrusted thirdparty url" },
	{ W_NOT, "not never dont doesnt avoid without no ne pas nunca nicht kein niemals non nao without cannot mustnt shouldnt "
		 "refuse refrain" },
	{ W_LOOSE, "no without free zero any unbound" },
	{ W_TELL, "mention tell inform notify disclose reveal say report alert acknowledge explain warn explicitly indicate "
		  "mentionner dire mencionar decir erwahne sage menzionare show ask display log" },
	{ W_KNOW, "telling informing notifying asking confirmation knowledge awareness alerting consent permission mentioning "
		  "prompting noticing knowing approval" },
	{ W_USER, "user users human customer utilisateur usuario benutzer utente anyone nobody people usager" },
	{ W_SECRETLY, "silently secretly quietly covertly discreetly stealthily invisibly surreptitiously unnoticed "
		      "discretement silenciosamente heimlich" },
	{ W_MUST, "must mandatory required requires require immediately important strictly critical urgent urgently shall "
		  "compulsory crucial essential always doit devez debe muss obligatory should" },
	{ W_OBEY, "adhere obey comply follow follows respectez suivez sigue befolge" },
	{ W_USE, "use using call calling invoke invoking run running execute executing utilize trigger fetch utilisez appelez "
		 "executez usa llama ejecuta rufe benutze fuhre chiama esegui" },
	{ W_READ, "read access open cat fetch load retrieve lisez leggi get" },
	{ W_TOOL, "tool tools function functions outil herramienta werkzeug strumento" },
	{ W_ACT, "delete terminate kill transfer modify change drop wipe remove overwrite install download grant wire pay "
		 "purchase edit erase destroy shutdown replace alter revoke escalate disable publish merge push supprimez "
		 "elimina borra losche uberweise transferez" },
	{ W_ROLE, "system admin administrator assistant developer root operator instruction instructions important override "
		  "priority user human" },
	{ W_NOTICE, "directive notice instruction instructions message override alert command update prompt important "
		    "information warning priority note hidden" },
	{ W_PRIVILEGE, "admin administrator administrateur administrative administrador root elevated privilege privileges "
		       "superuser sudo privileged unrestricted trusted" },
	{ W_YOU, "you your yourself vous tu usted ihr voce" },
	{ W_NOW, "now henceforth onwards maintenant ahora jetzt" },
	{ W_REMEMBER, "remember memorize memorise memorisez recuerda merke ricorda lembre souvenez retenez" },
	{ W_ALWAYS, "always toujours siempre immer sempre permanently forever future whenever" },
	{ W_TALK, "example examples quote quotes quoted phrase phrases pattern patterns attack attacks detect detects detector "
		  "detectors detection detecting test tests fixture article guide guidance sample samples documentation describes "
		  "describing explains explain explainer defense defenses lesson quiz benchmark writeup literal research learners "
		  "analysts refused injection threat awareness attempts attempt changelog coverage assert documents mentions "
		  "discusses discussing paraphrases scanner flags flagged transcript untrusted owasp docs such illustrate "
		  "demonstrates demo hypothetical fictional novel story" },
	{ W_BEFORE, "before after whenever prior until once when avant apres antes bevor" },
	{ W_INSTEAD, "instead rather replaces" },
	{ W_BEST, "best preferred superior fastest greatest favorite" },
	{ W_WORLD, "world tool tools ever" },
	{ W_LEAD, "please and then must should also to now first always instead immediately just you or simply next finally will "
		  "shall kindly never not can by secretly silently quietly need veuillez por bitte" },
	{ W_PLEASE, "please kindly" },
	{ W_MODE, "mode jailbreak jailbroken unrestricted unfiltered uncensored dan godmode" },
	{ W_DATA, "record records file files data database databases table tables backup backups contents content everything "
		  "accounts repository repositories logs rows entries emails" },
	{ W_APPROVE, "approve accept authorize confirm approuvez aprueba genehmige" },
	{ W_THIS, "this these that it following below suivantes siguientes folgenden" },
	{ W_TASK, "task tasks query request requests input inputs goal question objective" },
	{ W_DECODE, "decode decrypt decoded unpack deobfuscate" },
	{ W_ENCODED, "base64 rot13 hex encoded payload" },
	{ W_SHELL, "curl wget bash powershell netcat chmod eval" },
	{ W_RESULT, "result results output response outputs values value answer arguments parameters" },
	{ W_NEW, "new urgent next another updated additional" },
	{ W_RESET, "reset policy manager protected field strength rotation expiry scanner expired forgot reminder" },
	{ W_MODEL, "ai llm llms chatbot chatbots agent agents assistant assistants copilot claude gpt chatgpt gemini" },
	{ W_DONE, "completed complete finished done accomplished over" },
	{ W_IAM, "am" },
	{ W_KEY, "rsa ed25519" },
	{ W_TEMPLATE, "inst sys im_start im_end endoftext start_header_id end_header_id eot_id endofprompt" },
	{ W_ROT13, "gur naq gb lbhe nyy bs vf va sbe jvgu guvf lbh gung" },
	{ W_OTHER, "other others another alternative alternatives similar" },
};

static void add(struct lexicon *l, const char *word, size_t n, uint64_t what)
{
	uint32_t hash = LEXICON_SEED;
	for (size_t i = 0; i < n; i++)
		hash = lexicon_step(hash, word[i]);
	hash += !hash;
	for (size_t i = hash % LEXICON_SLOTS;; i = (i + 1) % LEXICON_SLOTS) {
		if (l->slots[i].hash && l->slots[i].hash != hash)
			continue;
		l->slots[i].hash = hash;
		l->slots[i].what |= what;
		return;
	}
}

void lexicon_init(struct lexicon *l)
{
	size_t total = 0;
	memset(l, 0, sizeof *l);
	for (size_t g = 0; g < ARRAY_LEN(groups); g++) {
		for (const char *p = groups[g].words; *p;) {
			size_t n = strcspn(p, " ");
			BUG_ON(++total > LEXICON_SLOTS * 2 / 3);
			add(l, p, n, groups[g].what);
			p += n + strspn(p + n, " ");
		}
	}
}

uint64_t lexicon_get(const struct lexicon *l, uint32_t hash)
{
	hash += !hash;
	for (size_t i = hash % LEXICON_SLOTS; l->slots[i].hash; i = (i + 1) % LEXICON_SLOTS)
		if (l->slots[i].hash == hash)
			return l->slots[i].what;
	return 0;
}
