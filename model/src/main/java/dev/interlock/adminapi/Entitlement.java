package dev.interlock.adminapi;

/** The users who may use a command. Every user of the socket is one of {@code admins}: it lets nobody else in. */
public enum Entitlement {

    /** Every user of the socket; nobody at the console. */
    SOCKET(false),

    /** Every user of the socket, and everybody who is signed in at the console. */
    CONSOLE(true),

    /** The same as {@link #CONSOLE}, before anybody is signed in. A refused try is recorded or counted. */
    SIGN_IN(true),

    /** The users of the socket whom the seal lets take leases of the agent that the question names. */
    AGENT_USERS(false);

    private final boolean atConsole;

    Entitlement(boolean atConsole) {
        this.atConsole = atConsole;
    }

    /** Returns whether the console offers the command. */
    public boolean includesConsole() {
        return atConsole;
    }
}
