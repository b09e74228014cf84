package dev.interlock.admin;

/**
 * The users who may use a command. Every user of the socket is one of {@code admins}: {@link AdminServer} lets nobody
 * else in.
 */
enum Entitlement {

    /** Every user of the socket; nobody at the console. */
    SOCKET(false),

    /** Every user of the socket, and everybody who is signed in at the console. */
    CONSOLE(true),

    /**
     * The same as {@link #CONSOLE}, before anybody is signed in. A refused try is recorded or counted
     * ({@link AuthFailures}).
     */
    SIGN_IN(true),

    /**
     * The users of the socket whom the seal lets take leases of the agent that the arguments name ({@link AgentUsers}).
     */
    AGENT_USERS(false);

    private final boolean atConsole;

    Entitlement(boolean atConsole) {
        this.atConsole = atConsole;
    }

    boolean includesConsole() {
        return atConsole;
    }
}
