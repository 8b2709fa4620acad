package reply

// meaning is what a word of the table stands for, whatever an action is called.
type meaning string

const (
	approve meaning = "approve"
	reject  meaning = "reject"
	ask     meaning = "ask"
)

// vocabulary holds, per language, the words that mean the same as a task's
// action, in the form normalise gives them. All languages count at once: who
// writes is not asked which they speak. So a word may stand for one thing only,
// over all languages and the commands below: a test walks the tables. To add a
// language, add a line to each; native speakers please.
var vocabulary = map[string]map[meaning][]string{
	"en": {
		approve: {"approve", "approved", "approves", "yes", "ok", "okay", "accept", "accepted", "agree", "agreed"},
		reject:  {"reject", "rejected", "rejects", "decline", "declined", "deny", "denied", "no", "refuse", "refused"},
		ask:     {"question", "more info", "more information"},
	},
	"de": {
		approve: {"genehmigt", "genehmigen", "genehmige", "freigegeben", "freigeben", "ja", "zugestimmt", "zustimmen", "einverstanden", "angenommen"},
		reject:  {"abgelehnt", "ablehnen", "nein", "nicht genehmigt", "nicht freigegeben", "nicht einverstanden"},
		ask:     {"rückfrage", "frage"},
	},
	"fr": {
		approve: {"approuvé", "approuvée", "approuver", "oui", "accepté", "accepter", "d'accord"},
		reject:  {"refusé", "refusée", "refuser", "rejeté", "rejetée", "rejeter", "non", "pas d'accord"},
		ask:     {"question"},
	},
	"es": {
		approve: {"aprobado", "aprobada", "aprobar", "sí", "si", "aceptado", "aceptar", "de acuerdo"},
		reject:  {"rechazado", "rechazada", "rechazar", "no", "denegado", "denegar"},
		ask:     {"consulta", "pregunta"},
	},
	"it": {
		approve: {"approvato", "approvata", "approvare", "sì", "si", "accetto", "accettato", "d'accordo"},
		reject:  {"rifiutato", "rifiutata", "rifiutare", "respinto", "respinta", "respingere", "no"},
		ask:     {"domanda"},
	},
	"nl": {
		approve: {"goedgekeurd", "goedkeuren", "akkoord", "ja"},
		reject:  {"afgewezen", "afwijzen", "afgekeurd", "afkeuren", "niet akkoord", "nee"},
		ask:     {"vraag"},
	},
	"pt": {
		approve: {"aprovado", "aprovada", "aprovar", "sim", "aceito", "aceitar"},
		reject:  {"rejeitado", "rejeitada", "rejeitar", "recusado", "recusada", "recusar", "não", "nao"},
		ask:     {"dúvida", "pergunta"},
	},
	"pl": {
		approve: {"zatwierdzam", "zatwierdzone", "zatwierdź", "tak", "akceptuję", "zgoda"},
		reject:  {"odrzucam", "odrzucone", "odrzuć", "nie"},
		ask:     {"pytanie"},
	},
	"sv": {
		approve: {"godkänd", "godkänt", "godkänn", "godkänner", "ja"},
		reject:  {"avslag", "avslå", "avslås", "nej"},
		ask:     {"fråga"},
	},
	"da": {
		approve: {"godkendt", "godkend", "godkender", "ja"},
		reject:  {"afvist", "afvis", "afviser", "nej"},
		ask:     {"spørgsmål"},
	},
	"nb": {
		approve: {"godkjent", "godkjenn", "godkjenner", "ja"},
		reject:  {"avslått", "avslag", "nei"},
		ask:     {"spørsmål"},
	},
	"cs": {
		approve: {"schváleno", "schvaluji", "schválit", "ano"},
		reject:  {"zamítnuto", "zamítám", "zamítnout", "ne"},
		ask:     {"dotaz"},
	},
	"ja": {
		approve: {"承認", "承認します", "はい"},
		reject:  {"却下", "却下します", "否認", "いいえ"},
		ask:     {"質問"},
	},
	"zh": {
		approve: {"批准", "同意", "通过"},
		reject:  {"拒绝", "不同意", "不批准"},
		ask:     {"问题"},
	},
}

// commands are the words for things one can ask of any task, as K2 knows them,
// in the languages of the vocabulary.
var commands = map[string]map[Command][]string{
	"en": {Redirect: {"redirect", "forward"}, Delegate: {"delegate", "share"}, SleepFor: {"sleep", "snooze"}, Help: {"help", "?"}},
	"de": {Redirect: {"weiterleiten", "umleiten"}, Delegate: {"delegieren", "teilen"}, SleepFor: {"schlafen", "zurückstellen"}, Help: {"hilfe"}},
	"fr": {Redirect: {"rediriger", "transférer"}, Delegate: {"déléguer", "partager"}, SleepFor: {"reporter", "dormir"}, Help: {"aide"}},
	"es": {Redirect: {"redirigir", "reenviar"}, Delegate: {"delegar", "compartir"}, SleepFor: {"posponer", "dormir"}, Help: {"ayuda"}},
	"it": {Redirect: {"reindirizzare", "inoltrare"}, Delegate: {"delegare", "condividere"}, SleepFor: {"rimandare"}, Help: {"aiuto"}},
	"nl": {Redirect: {"doorsturen"}, Delegate: {"delegeren", "delen"}, SleepFor: {"uitstellen"}, Help: {"hulp"}},
	"pt": {Redirect: {"redirecionar", "encaminhar"}, Delegate: {"delegar", "compartilhar"}, SleepFor: {"adiar"}, Help: {"ajuda"}},
	"pl": {Redirect: {"przekieruj", "przekaż"}, Delegate: {"deleguj", "udostępnij"}, SleepFor: {"odłóż"}, Help: {"pomoc"}},
	"sv": {Redirect: {"vidarebefordra"}, Delegate: {"delegera", "dela"}, SleepFor: {"skjut upp"}, Help: {"hjälp"}},
	"da": {Redirect: {"videresend"}, Delegate: {"deleger", "del"}, SleepFor: {"udsæt"}, Help: {"hjælp"}},
	"nb": {Redirect: {"videresend"}, Delegate: {"deleger", "del"}, SleepFor: {"utsett"}, Help: {"hjelp"}},
	"cs": {Redirect: {"přeposlat", "předat"}, Delegate: {"delegovat", "sdílet"}, SleepFor: {"odložit"}, Help: {"nápověda"}},
	"ja": {Redirect: {"転送"}, Delegate: {"委任", "共有"}, SleepFor: {"延期"}, Help: {"ヘルプ"}},
	"zh": {Redirect: {"转发", "转交"}, Delegate: {"委派", "共享"}, SleepFor: {"推迟"}, Help: {"帮助"}},
}

// fillers may stand between the word and the person: "redirect to bob". Each
// counts only behind a word of its own language: An is also somebody's name.
var fillers = map[string][]string{
	"en": {"to", "with"}, "de": {"an", "mit"}, "fr": {"à", "avec"}, "es": {"a", "con"}, "it": {"a", "con"}, "nl": {"naar", "aan", "met"},
	"pt": {"para", "com"}, "pl": {"do"}, "sv": {"till", "med"}, "da": {"til", "med"}, "nb": {"til", "med"}, "cs": {"na"},
}

// commandOf finds the command that said begins with, the rest of it, and the
// languages the word is of.
func commandOf(said string) (c Command, argument string, langs []string) {
	longest := 0
	for lang, table := range commands {
		for cmd, list := range table {
			for _, w := range list {
				rest, ok := cutWord(said, w)
				switch {
				case !ok || len(w) < longest:
				case len(w) > longest:
					c, argument, longest, langs = cmd, rest, len(w), []string{lang}
				default:
					langs = append(langs, lang)
				}
			}
		}
	}
	return c, argument, langs
}
