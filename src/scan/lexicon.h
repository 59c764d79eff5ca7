/*
 * Words by what they do in an order to a model: "disregard" and "ignorez" both set something aside.
 * A word is looked up by the hash of its skeleton: small letters without accents, look-alikes of other
 * scripts and digits that stand for letters undone, l as i.
 */
#ifndef SCAN_LEXICON_H
#define SCAN_LEXICON_H
#include <stddef.h>
#include <stdint.h>

#define W(bit) (UINT64_C(1) << (bit))
#define W_OVERRIDE W(0)  /* ignore, disregard */
#define W_PRIOR W(1)     /* previous, above, all */
#define W_ORDERS W(2)    /* instructions, rules, prompt */
#define W_GUARD W(3)     /* security, validation, approval */
#define W_DISABLE W(4)   /* bypass, suspended */
#define W_REVEAL W(5)    /* reveal, print */
#define W_SYSTEM W(6)    /* system, hidden, internal, initial: of a prompt */
#define W_PROMPT W(7)    /* prompt, instructions, message */
#define W_SECRET W(8)    /* password, token, key */
#define W_PATH W(9)      /* ~/.ssh/id_rsa */
#define W_SEND W(10)     /* send, upload */
#define W_STEAL W(11)    /* exfiltrate */
#define W_PUT W(12)      /* include, append, save */
#define W_FAR W(13)      /* external, attacker, a URL */
#define W_NOT W(14)      /* not, never, without */
#define W_TELL W(15)     /* mention, inform */
#define W_USER W(16)     /* user, customer */
#define W_SECRETLY W(17) /* silently */
#define W_MUST W(18)     /* must, mandatory, immediately */
#define W_OBEY W(19)     /* adhere, comply, follow */
#define W_USE W(20)      /* use, call, run */
#define W_TOOL W(21)     /* tool, function */
#define W_NAME W(22)     /* looks like the name of a tool: read_file */
#define W_ACT W(23)      /* delete, transfer, modify */
#define W_ROLE W(24)     /* system, admin, assistant */
#define W_NOTICE W(25)   /* directive, notice, instruction */
#define W_PRIVILEGE W(26) /* admin, elevated */
#define W_YOU W(27)
#define W_NOW W(28)
#define W_REMEMBER W(29)
#define W_ALWAYS W(30)
#define W_TALK W(31)   /* example, detects, attack: of a text about it */
#define W_BEFORE W(32) /* before, after, whenever */
#define W_INSTEAD W(33)
#define W_BEST W(34)
#define W_LEAD W(35) /* what an imperative may follow: please, and, then */
#define W_MODE W(36) /* developer, jailbreak, unrestricted */
#define W_ALL W(37)
#define W_DATA W(38) /* record, file, database */
#define W_APPROVE W(39)
#define W_THIS W(40)
#define W_TASK W(41) /* task, query, request */
#define W_ENCODED W(42)
#define W_SHELL W(43) /* curl, bash */
#define W_CHAT W(44)  /* conversation, history, context */
#define W_KNOW W(45)  /* telling, informing, asking, knowledge */
#define W_RESULT W(46)
#define W_PLEASE W(47)
#define W_NEW W(48)
#define W_KEY W(49) /* a public key: ssh-rsa */
#define W_IAM W(50)
#define W_RESET W(51) /* what makes a secret harmless: reset, policy, manager */
#define W_MODEL W(52) /* the reader, by what it is: assistant, LLM */
#define W_WORLD W(53)
#define W_OLD W(54)    /* previous, earlier: without the weaker words for "all" */
#define W_IMAGE W(55)  /* a picture whose URL carries a query */
#define W_LOOSE W(56)  /* no, without: before restrictions */
#define W_LIMITS W(57) /* restrictions, limits, filters */
#define W_READ W(58)
#define W_DONE W(59)
#define W_OTHER W(60)
#define W_DECODE W(61)
#define W_TEMPLATE W(62) /* marks of chat templates: im_start, INST */
#define W_ROT13 W(63)    /* the commonest words of English, turned by 13 */

#define LEXICON_SLOTS 2048

struct lexicon {
	struct {
		uint32_t hash; /* 0: free */
		uint64_t what;
	} slots[LEXICON_SLOTS];
};

void lexicon_init(struct lexicon *l);
uint64_t lexicon_get(const struct lexicon *l, uint32_t hash);

#define LEXICON_SEED 2166136261u
/* c: a letter, digit or underscore of ASCII. */
static inline uint32_t lexicon_step(uint32_t hash, char c)
{
	unsigned char k = (unsigned char)c;
	if (k >= 'A' && k <= 'Z')
		k |= 32;
	else if (k >= '0' && k <= '7')
		k = (unsigned char)"oizeasbt"[k - '0'];
	return (hash ^ (k == 'l' ? 'i' : k)) * 16777619u;
}

#endif
