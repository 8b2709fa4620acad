package expr

func defineConversions() {
	define("not", fnNot, "negand")
	define("string", fnString, "from")
}

func fnNot(c *callEnv, a []Value) Value {
	if b, ok := a[0].(Boolean); ok {
		return !b
	}
	return c.wrong(a[0], "true or false")
}

func fnString(c *callEnv, a []Value) Value {
	if a[0] == nil {
		return nil
	}
	return String(c.show(a[0]))
}
