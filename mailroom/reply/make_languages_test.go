package reply

// tongue is how people and their mail programs write in one language.
type tongue struct {
	code, legacy          string // and the charset its mails had before UTF-8
	approve, reject       string
	comment, greeting     string
	redirect, sleep, help string

	reOutlook, fwOutlook         string // subject prefixes
	from, sent, to, subject, day string // Outlook's block
	gmail, apple, bird           string // lines above a quotation
	original                     string // Samsung, old Outlook
	iphone, outlookApp, galaxy   string // signatures
	away, awayText, read         string // subject and text of an automatic answer, subject of a receipt
}

const us = "Contoso Workflow <workflow@contoso.test>"

var tongues = []tongue{
	{"en", "us-ascii", "Approve", "Rejected", "Have a good time.", "Kind regards", "forward to bob", "sleep 24", "help",
		"RE: ", "Fw: ", "From", "Sent", "To", "Subject", "Monday, November 23, 2026 10:02 AM",
		"On Mon, Nov 23, 2026 at 10:02 AM " + us + " wrote:", "On 23 Nov 2026, at 10:02, " + us + " wrote:", "On 23/11/2026 10:02, Contoso Workflow wrote:",
		"-------- Original message --------", "Sent from my iPhone", "Get Outlook for iOS<https://aka.ms/o0ukef>", "Sent from my Galaxy",
		"Automatic reply: ", "I am out of the office until 30 November and will not approve anything before.", "Read: "},
	{"de", "iso-8859-1", "Genehmigt", "Abgelehnt", "Schönen Urlaub!", "Mit freundlichen Grüßen", "weiterleiten an bob", "zurückstellen 24", "Hilfe",
		"AW: ", "WG: ", "Von", "Gesendet", "An", "Betreff", "Montag, 23. November 2026 10:02",
		"Am Mo., 23. Nov. 2026 um 10:02 Uhr schrieb " + us + ":", "Am 23.11.2026 um 10:02 schrieb " + us + ":", "Am 23.11.2026 um 10:02 schrieb Contoso Workflow:",
		"-------- Ursprüngliche Nachricht --------", "Von meinem iPhone gesendet", "Outlook für iOS<https://aka.ms/o0ukef> beziehen", "Von meinem Galaxy gesendet",
		"Automatische Antwort: ", "Ich bin bis 30. November nicht im Büro. Genehmigt wird danach.", "Gelesen: "},
	{"fr", "iso-8859-15", "Approuvé", "Refusé", "Bonnes vacances à toi.", "Cordialement", "transférer à bob", "reporter 24", "aide",
		"RE: ", "TR: ", "De", "Envoyé", "À", "Objet", "lundi 23 novembre 2026 10:02",
		"Le lun. 23 nov. 2026 à 10:02, " + us + " a écrit :", "Le 23 nov. 2026 à 10:02, " + us + " a écrit :", "Le 23/11/2026 à 10:02, Contoso Workflow a écrit :",
		"-------- Message d'origine --------", "Envoyé de mon iPhone", "Télécharger Outlook pour iOS<https://aka.ms/o0ukef>", "Envoyé depuis mon appareil Galaxy",
		"Réponse automatique : ", "Je suis absente jusqu'au 30 novembre.", "Lu : "},
	{"es", "iso-8859-1", "Sí", "Rechazado", "Que lo pases bien, mañana hablamos.", "Saludos", "reenviar a bob", "posponer 24", "ayuda",
		"RE: ", "RV: ", "De", "Enviado", "Para", "Asunto", "lunes, 23 de noviembre de 2026 10:02",
		"El lun, 23 nov 2026 a las 10:02, Contoso Workflow (<workflow@contoso.test>) escribió:", "El 23 nov 2026, a las 10:02, " + us + " escribió:", "El 23/11/2026 a las 10:02, Contoso Workflow escribió:",
		"-------- Mensaje original --------", "Enviado desde mi iPhone", "Obtener Outlook para iOS<https://aka.ms/o0ukef>", "Enviado desde mi Galaxy",
		"Respuesta automática: ", "Estoy fuera de la oficina hasta el 30 de noviembre.", "Leído: "},
	{"it", "iso-8859-1", "Sì", "Respinto", "Buone vacanze, è tutto a posto.", "Cordiali saluti", "inoltrare a bob", "rimandare 24", "aiuto",
		"R: ", "I: ", "Da", "Inviato", "A", "Oggetto", "lunedì 23 novembre 2026 10:02",
		"Il giorno lun 23 nov 2026 alle ore 10:02 " + us + " ha scritto:", "Il giorno 23 nov 2026, alle ore 10:02, " + us + " ha scritto:", "Il 23/11/2026 10:02, Contoso Workflow ha scritto:",
		"-------- Messaggio originale --------", "Inviato da iPhone", "Ottieni Outlook per iOS<https://aka.ms/o0ukef>", "Inviato dal mio Galaxy",
		"Risposta automatica: ", "Sono fuori ufficio fino al 30 novembre.", "Letto: "},
	{"nl", "iso-8859-1", "Akkoord", "Afgewezen", "Fijne vakantie, één weekje is prima.", "Met vriendelijke groet", "doorsturen naar bob", "uitstellen 24", "hulp",
		"RE: ", "FW: ", "Van", "Verzonden", "Aan", "Onderwerp", "maandag 23 november 2026 10:02",
		"Op ma 23 nov 2026 om 10:02 schreef " + us + ":", "Op 23 nov 2026 om 10:02 heeft " + us + " het volgende geschreven:", "Op 23-11-2026 om 10:02 schreef Contoso Workflow:",
		"-------- Oorspronkelijk bericht --------", "Verstuurd vanaf mijn iPhone", "Outlook voor iOS<https://aka.ms/o0ukef> downloaden", "Verzonden vanaf mijn Galaxy",
		"Automatisch antwoord: ", "Ik ben tot 30 november afwezig.", "Gelezen: "},
	{"pt", "iso-8859-1", "Aprovado", "Não", "Boas férias, até à próxima.", "Cumprimentos", "encaminhar para bob", "adiar 24", "ajuda",
		"RE: ", "ENC: ", "De", "Enviado", "Para", "Assunto", "segunda-feira, 23 de novembro de 2026 10:02",
		"Em seg., 23 de nov. de 2026 às 10:02, " + us + " escreveu:", "Em 23 de nov. de 2026, à(s) 10:02, " + us + " escreveu:", "Em 23/11/2026 10:02, Contoso Workflow escreveu:",
		"-------- Mensagem original --------", "Enviado do meu iPhone", "Obter o Outlook para iOS<https://aka.ms/o0ukef>", "Enviado do meu Galaxy",
		"Resposta automática: ", "Estou ausente até 30 de novembro.", "Lida: "},
	{"pl", "iso-8859-2", "Zatwierdzam", "Odrzucam", "Miłego urlopu, zastąpię Cię.", "Pozdrawiam", "przekaż do bob", "odłóż 24", "pomoc",
		"Odp: ", "PD: ", "Od", "Wysłano", "Do", "Temat", "poniedziałek, 23 listopada 2026 10:02",
		"pon., 23 lis 2026 o 10:02 " + us + " napisał(a):", "Wiadomość napisana przez " + us + " w dniu 23.11.2026, o godz. 10:02:", "W dniu 23.11.2026 o 10:02, Contoso Workflow pisze:",
		"-------- Oryginalna wiadomość --------", "Wysłane z iPhone’a", "Pobierz aplikację Outlook dla systemu iOS<https://aka.ms/o0ukef>", "Wysłane z mojego Galaxy",
		"Odpowiedź automatyczna: ", "Jestem poza biurem do 30 listopada.", "Przeczytano: "},
	{"sv", "iso-8859-1", "Godkänt", "Avslås", "Ha det så bra på semestern.", "Med vänliga hälsningar", "vidarebefordra till bob", "skjut upp 24", "hjälp",
		"SV: ", "VB: ", "Från", "Skickat", "Till", "Ämne", "den 23 november 2026 10:02",
		"Den mån 23 nov. 2026 kl 10:02 skrev " + us + ":", "23 nov. 2026 kl. 10:02 skrev " + us + ":", "Den 2026-11-23 kl. 10:02, skrev Contoso Workflow:",
		"-------- Originalmeddelande --------", "Skickat från min iPhone", "Hämta Outlook för iOS<https://aka.ms/o0ukef>", "Skickat från min Galaxy",
		"Automatiskt svar: ", "Jag är inte på kontoret före den 30 november.", "Läst: "},
	{"da", "iso-8859-1", "Godkendt", "Afvist", "God ferie, det går nok.", "Med venlig hilsen", "videresend til bob", "udsæt 24", "hjælp",
		"SV: ", "VS: ", "Fra", "Sendt", "Til", "Emne", "23. november 2026 10:02",
		"man. 23. nov. 2026 kl. 10.02 skrev " + us + ":", "Den 23. nov. 2026 kl. 10.02 skrev " + us + ":", "Den 23.11.2026 kl. 10.02 skrev Contoso Workflow:",
		"-------- Oprindelig meddelelse --------", "Sendt fra min iPhone", "Hent Outlook til iOS<https://aka.ms/o0ukef>", "Sendt fra min Galaxy",
		"Automatisk svar: ", "Jeg er ikke på kontoret før den 30. november.", "Læst: "},
	{"nb", "iso-8859-1", "Godkjent", "Avslått", "God ferie, vi klarer oss på jobben.", "Med vennlig hilsen", "videresend til bob", "utsett 24", "hjelp",
		"SV: ", "VS: ", "Fra", "Sendt", "Til", "Emne", "mandag 23. november 2026 10:02",
		"man. 23. nov. 2026 kl. 10:02 skrev " + us + ":", "23. nov. 2026 kl. 10:02 skrev " + us + ":", "Den 23.11.2026 10:02, skrev Contoso Workflow:",
		"-------- Opprinnelig melding --------", "Sendt fra min iPhone", "Skaff deg Outlook for iOS<https://aka.ms/o0ukef>", "Sendt fra min Galaxy",
		"Automatisk svar: ", "Jeg er ikke på kontoret før 30. november.", "Lest: "},
	{"cs", "iso-8859-2", "Schváleno", "Zamítnuto", "Hezkou dovolenou, zařídím to.", "S pozdravem", "přeposlat na bob", "odložit 24", "nápověda",
		"RE: ", "FW: ", "Od", "Odesláno", "Komu", "Předmět", "pondělí 23. listopadu 2026 10:02",
		"po 23. 11. 2026 v 10:02 odesílatel " + us + " napsal:", "23. 11. 2026 v 10:02, " + us + ":", "Dne 23. 11. 26 v 10:02 Contoso Workflow napsal(a):",
		"-------- Původní zpráva --------", "Odesláno z iPhonu", "Získat Outlook pro iOS<https://aka.ms/o0ukef>", "Odesláno z mého zařízení Galaxy",
		"Automatická odpověď: ", "Do 30. listopadu jsem mimo kancelář.", "Přečteno: "},
	{"ja", "iso-2022-jp", "承認", "却下", "良い休暇を。", "よろしくお願いいたします。", "転送 bob", "延期 24", "ヘルプ",
		"RE: ", "FW: ", "差出人", "送信日時", "宛先", "件名", "2026年11月23日 月曜日 10:02",
		"2026年11月23日(月) 10:02 " + us + ":", "2026/11/23 10:02、Contoso Workflow <workflow@contoso.test>のメール:", "On 2026/11/23 10:02, Contoso Workflow wrote:",
		"-------- 元のメッセージ --------", "iPhoneから送信", "iOS 版 Outlook<https://aka.ms/o0ukef> を入手", "Galaxyから送信",
		"自動応答: ", "11月30日まで不在です。承認はその後になります。", "開封済み: "},
	{"zh", "gb18030", "批准", "不同意", "假期愉快。", "此致", "转发 bob", "推迟 24", "帮助",
		"答复: ", "转发: ", "发件人", "发送时间", "收件人", "主题", "2026年11月23日 10:02",
		"Contoso Workflow <workflow@contoso.test> 于2026年11月23日周一 10:02写道：", "在 2026年11月23日，10:02，Contoso Workflow <workflow@contoso.test> 写道：", "在 2026/11/23 10:02, Contoso Workflow 写道:",
		"-------- 原始邮件 --------", "发自我的iPhone", "获取 Outlook for iOS<https://aka.ms/o0ukef>", "从我的 Galaxy 发送",
		"自动答复: ", "我在11月30日之前不在办公室。", "已读: "},
}
