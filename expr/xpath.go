package expr

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Patterns are those of XPath 2.0 as far as RE2 can do them in linear time. xpath
// reads a pattern and writes for RE2 what the two read differently: flags x and s,
// \d, \w and \s of all of Unicode, \i and \c, one class less another
// ("[A-Z-[OI]]"), and Unicode blocks ("\p{IsBasicLatin}"). What only RE2 knows,
// such as \b or (?i), is refused: elsewhere the same pattern would be an error.
// https://www.w3.org/TR/xpath-functions/#regex-syntax
type xpath struct {
	src     string
	i       int
	x, s, f bool // spaces do not count; dot takes line ends; case does not count
	b       strings.Builder
}

var (
	errBackReference = errors.New("a pattern cannot refer back to a group (\\1) here")
	errClassEnd      = errors.New("this pattern has a [ without a ]")
	errClassEmpty    = errors.New("this pattern has a [ with nothing behind it: a ] or [ that is meant is written \\] or \\[")
	errGroupSign     = errors.New("(? is not known in patterns: give flags such as \"i\" as a value of their own")
)

func fromXPath(source, flags string) (string, error) {
	p := xpath{src: source, x: strings.Contains(flags, "x"), s: strings.Contains(flags, "s"), f: strings.Contains(flags, "i")}
	for p.i < len(source) {
		if err := p.piece(); err != nil {
			return "", err
		}
	}
	return p.b.String(), nil
}

// piece reads one sign, escape or class.
func (p *xpath) piece() error {
	rest := p.src[p.i:]
	c, size := utf8.DecodeRuneInString(rest)
	switch {
	case c == '\\':
		return p.written(p.escape(false))
	case c == '[':
		return p.written(p.class())
	case p.x && xmlSpace(c):
	case c == '.' && !p.s:
		p.b.WriteString(`[^\n\r]`) // as XPath 3.1 says; 2.0 forgot \r
	case c == '(' && strings.HasPrefix(rest, "(?") && !strings.HasPrefix(rest, "(?:"):
		return errGroupSign
	case c == '(' && strings.HasPrefix(rest, "(?:"): // XPath 3.0 has these
		size = len("(?:")
		p.b.WriteString("(?:")
	case c == '{':
		if size = quantity(rest); size == 0 {
			return errors.New("a { stands for a number of times, such as a{2,3}; write \\{ where the sign is meant")
		}
		p.b.WriteString(rest[:size])
	case c == '}' || c == ']':
		return fmt.Errorf("this pattern has a %c that nothing opened; write \\%c where the sign is meant", c, c)
	default:
		p.b.WriteRune(c)
	}
	p.i += size
	return nil
}

func (p *xpath) written(s string, err error) error {
	p.b.WriteString(s)
	return err
}

func xmlSpace(c rune) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// quantity is the length of {n}, {n,} or {n,m} at the start of s, or 0.
func quantity(s string) int {
	end := strings.IndexByte(s, '}')
	if end < 0 {
		return 0
	}
	least, most, _ := strings.Cut(s[1:end], ",")
	if least == "" || strings.Trim(least+most, "0123456789") != "" {
		return 0
	}
	return end + 1
}

// The multi-character escapes of XML Schema, part 2, appendix F.1.1, as parts of
// a class for RE2; capitals stand for all other characters.
var (
	digitClass = `\p{Nd}`
	wordClass  = `\p{L}\p{M}\p{N}\p{S}`
	spaceClass = ` \t\n\r`
	nameStart1 = runeSet{'A', 'Z', 'a', 'z', ':', ':', '_', '_', 0xC0, 0xD6, 0xD8, 0xF6, 0xF8, 0x2FF, 0x370, 0x37D, 0x37F, 0x1FFF, 0x200C, 0x200D,
		0x2070, 0x218F, 0x2C00, 0x2FEF, 0x3001, 0xD7FF, 0xF900, 0xFDCF, 0xFDF0, 0xFFFD, 0x10000, 0xEFFFF}
	namePart1 = append(runeSet{'-', '-', '.', '.', '0', '9', 0xB7, 0xB7, 0x300, 0x36F, 0x203F, 0x2040}, nameStart1...)
	all       = runeSet{0, unicode.MaxRune}
)

var escapeClasses = map[rune]string{
	'd': digitClass, 'w': wordClass, 's': spaceClass, 'i': nameStart1.String(), 'c': namePart1.String(),
	'D': `\P{Nd}`, 'W': `\p{P}\p{Z}\p{C}`, 'S': all.minus(runeSet{' ', ' ', '\t', '\n', '\r', '\r'}).String(),
	'I': all.minus(nameStart1).String(), 'C': all.minus(namePart1).String(),
}

// escape reads what begins with a backslash.
func (p *xpath) escape(inClass bool) (string, error) {
	if p.i++; p.i == len(p.src) {
		return "", errors.New("this pattern ends with a \\ alone")
	}
	c, size := utf8.DecodeRuneInString(p.src[p.i:])
	p.i += size
	switch {
	case c >= '0' && c <= '9':
		return "", errBackReference
	case c == 'p' || c == 'P':
		return p.property(c == 'P', inClass)
	case c == 'n' || c == 'r' || c == 't' || strings.ContainsRune(`\|.?*+(){}-[]^$`, c):
		return `\` + string(c), nil
	}
	class, ok := escapeClasses[c]
	switch {
	case !ok:
		return "", fmt.Errorf(`\%c is not known in patterns`, c)
	case inClass:
		return class, nil
	}
	return "[" + class + "]", nil
}

// property reads the rest of \p{…}: a block becomes its range, anything else is
// RE2's to know.
func (p *xpath) property(negated, inClass bool) (string, error) {
	rest := p.src[p.i:]
	end := strings.IndexByte(rest, '}')
	if end < 0 || rest[0] != '{' {
		return "", errors.New(`\p needs a name in braces, such as \p{L}`)
	}
	name := rest[1:end]
	p.i += end + 1
	if p.x {
		name = strings.Join(strings.Fields(name), "")
	}
	letter := "p"
	if negated {
		letter = "P"
	}
	block, isBlock := strings.CutPrefix(name, "Is")
	bounds, ok := blocks[block]
	switch {
	case isBlock && !ok || !isBlock && len(name) > 2:
		return "", fmt.Errorf(`\p{%s} is not known in patterns`, clip(name))
	case !isBlock:
		return `\` + letter + "{" + name + "}", nil
	}
	set := runeSet{bounds[0], bounds[1]}
	if negated {
		set = all.minus(set)
	}
	if inClass {
		return set.String(), nil
	}
	return "[" + set.String() + "]", nil
}

// class reads a class in brackets, and works out one less another.
func (p *xpath) class() (string, error) {
	var b strings.Builder
	b.WriteByte('[')
	if p.i++; strings.HasPrefix(p.src[p.i:], "^") {
		b.WriteByte('^')
		p.i++
	}
	for first := true; p.i < len(p.src); first = false {
		rest := p.src[p.i:]
		c, size := utf8.DecodeRuneInString(rest)
		switch {
		case c == '\\':
			esc, err := p.escape(true)
			if err != nil {
				return "", err
			}
			b.WriteString(esc)
			continue
		case strings.HasPrefix(rest, "-[") && !first:
			p.i++
			return p.less(b.String() + "]")
		case first && c == ']' || c == '[':
			return "", errClassEmpty
		case c == ']':
			p.i++
			return b.String() + "]", nil
		}
		b.WriteString(rest[:size])
		p.i += size
	}
	return "", errClassEnd
}

// less reads the class to take away from another, and the bracket that ends both.
func (p *xpath) less(from string) (string, error) {
	what, err := p.class()
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(p.src[p.i:], "]") {
		return "", errClassEnd
	}
	p.i++
	a, err := p.set(from)
	if err != nil {
		return "", err
	}
	b, err := p.set(what)
	if err != nil {
		return "", err
	}
	if a = a.minus(b); len(a) == 0 {
		return `[^\x00-\x{10FFFF}]`, nil
	}
	return "[" + a.String() + "]", nil
}

// set is what a class stands for.
func (p *xpath) set(class string) (runeSet, error) {
	mode := syntax.Perl
	if p.f {
		mode |= syntax.FoldCase
	}
	re, err := syntax.Parse(class, mode)
	if err != nil {
		return nil, notUnderstood(err)
	}
	switch re.Op {
	case syntax.OpCharClass:
		return re.Rune, nil
	case syntax.OpLiteral:
		r := re.Rune[0]
		set := runeSet{r, r}
		if re.Flags&syntax.FoldCase != 0 {
			for o := unicode.SimpleFold(r); o != r; o = unicode.SimpleFold(o) {
				set = append(set, o, o)
			}
		}
		return set, nil
	case syntax.OpAnyChar:
		return runeSet{0, unicode.MaxRune}, nil
	case syntax.OpAnyCharNotNL:
		return runeSet{0, '\n' - 1, '\n' + 1, unicode.MaxRune}, nil
	}
	return nil, nil
}

func notUnderstood(err error) error {
	return fmt.Errorf("the pattern is not understood: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
}

// runeSet holds characters as pairs of first and last.
type runeSet []rune

func (s runeSet) minus(o runeSet) runeSet {
	for i := 0; i+1 < len(o); i += 2 {
		var left runeSet
		lo, hi := o[i], o[i+1]
		for j := 0; j+1 < len(s); j += 2 {
			if a, b := s[j], min(s[j+1], lo-1); a <= b {
				left = append(left, a, b)
			}
			if a, b := max(s[j], hi+1), s[j+1]; a <= b {
				left = append(left, a, b)
			}
		}
		s = left
	}
	return s
}

func (s runeSet) String() string {
	var b strings.Builder
	for i := 0; i+1 < len(s); i += 2 {
		fmt.Fprintf(&b, `\x{%x}-\x{%x}`, s[i], s[i+1])
	}
	return b.String()
}

// blocks are those of XML Schema, part 2, appendix F.1.1.
var blocks = map[string][2]rune{
	"BasicLatin": {0, 0x7F}, "Latin-1Supplement": {0x80, 0xFF}, "LatinExtended-A": {0x100, 0x17F}, "LatinExtended-B": {0x180, 0x24F},
	"IPAExtensions": {0x250, 0x2AF}, "SpacingModifierLetters": {0x2B0, 0x2FF}, "CombiningDiacriticalMarks": {0x300, 0x36F},
	"Greek": {0x370, 0x3FF}, "GreekandCoptic": {0x370, 0x3FF}, "Cyrillic": {0x400, 0x4FF}, "Armenian": {0x530, 0x58F},
	"Hebrew": {0x590, 0x5FF}, "Arabic": {0x600, 0x6FF}, "Syriac": {0x700, 0x74F}, "Thaana": {0x780, 0x7BF},
	"Devanagari": {0x900, 0x97F}, "Bengali": {0x980, 0x9FF}, "Gurmukhi": {0xA00, 0xA7F}, "Gujarati": {0xA80, 0xAFF},
	"Oriya": {0xB00, 0xB7F}, "Tamil": {0xB80, 0xBFF}, "Telugu": {0xC00, 0xC7F}, "Kannada": {0xC80, 0xCFF},
	"Malayalam": {0xD00, 0xD7F}, "Sinhala": {0xD80, 0xDFF}, "Thai": {0xE00, 0xE7F}, "Lao": {0xE80, 0xEFF},
	"Tibetan": {0xF00, 0xFFF}, "Myanmar": {0x1000, 0x109F}, "Georgian": {0x10A0, 0x10FF}, "HangulJamo": {0x1100, 0x11FF},
	"Ethiopic": {0x1200, 0x137F}, "Cherokee": {0x13A0, 0x13FF}, "UnifiedCanadianAboriginalSyllabics": {0x1400, 0x167F},
	"Ogham": {0x1680, 0x169F}, "Runic": {0x16A0, 0x16FF}, "Khmer": {0x1780, 0x17FF}, "Mongolian": {0x1800, 0x18AF},
	"LatinExtendedAdditional": {0x1E00, 0x1EFF}, "GreekExtended": {0x1F00, 0x1FFF}, "GeneralPunctuation": {0x2000, 0x206F},
	"SuperscriptsandSubscripts": {0x2070, 0x209F}, "CurrencySymbols": {0x20A0, 0x20CF}, "CombiningMarksforSymbols": {0x20D0, 0x20FF},
	"LetterlikeSymbols": {0x2100, 0x214F}, "NumberForms": {0x2150, 0x218F}, "Arrows": {0x2190, 0x21FF},
	"MathematicalOperators": {0x2200, 0x22FF}, "MiscellaneousTechnical": {0x2300, 0x23FF}, "ControlPictures": {0x2400, 0x243F},
	"OpticalCharacterRecognition": {0x2440, 0x245F}, "EnclosedAlphanumerics": {0x2460, 0x24FF}, "BoxDrawing": {0x2500, 0x257F},
	"BlockElements": {0x2580, 0x259F}, "GeometricShapes": {0x25A0, 0x25FF}, "MiscellaneousSymbols": {0x2600, 0x26FF},
	"Dingbats": {0x2700, 0x27BF}, "BraillePatterns": {0x2800, 0x28FF}, "CJKRadicalsSupplement": {0x2E80, 0x2EFF},
	"KangxiRadicals": {0x2F00, 0x2FDF}, "IdeographicDescriptionCharacters": {0x2FF0, 0x2FFF}, "CJKSymbolsandPunctuation": {0x3000, 0x303F},
	"Hiragana": {0x3040, 0x309F}, "Katakana": {0x30A0, 0x30FF}, "Bopomofo": {0x3100, 0x312F}, "HangulCompatibilityJamo": {0x3130, 0x318F},
	"Kanbun": {0x3190, 0x319F}, "BopomofoExtended": {0x31A0, 0x31BF}, "EnclosedCJKLettersandMonths": {0x3200, 0x32FF},
	"CJKCompatibility": {0x3300, 0x33FF}, "CJKUnifiedIdeographsExtensionA": {0x3400, 0x4DB5}, "CJKUnifiedIdeographs": {0x4E00, 0x9FFF},
	"YiSyllables": {0xA000, 0xA48F}, "YiRadicals": {0xA490, 0xA4CF}, "HangulSyllables": {0xAC00, 0xD7A3}, "PrivateUse": {0xE000, 0xF8FF},
	"CJKCompatibilityIdeographs": {0xF900, 0xFAFF}, "AlphabeticPresentationForms": {0xFB00, 0xFB4F},
	"ArabicPresentationForms-A": {0xFB50, 0xFDFF}, "CombiningHalfMarks": {0xFE20, 0xFE2F}, "CJKCompatibilityForms": {0xFE30, 0xFE4F},
	"SmallFormVariants": {0xFE50, 0xFE6F}, "ArabicPresentationForms-B": {0xFE70, 0xFEFE}, "HalfwidthandFullwidthForms": {0xFF00, 0xFFEF},
	"Specials": {0xFFF0, 0xFFFD},
}
