package dev.interlock.system;

import dev.interlock.evidence.Json;

/** An installation with a console that stays until its input ends, for whoever works on pages. */
final class ConsoleStage {

    private ConsoleStage() {}

    /** Prints the console's address, and one more whenever a line is read. */
    public static void main(String[] args) throws Exception {
        try (Installation installation = Installation.openWithConsole()) {
            play(installation);
            System.out.println(installation.configuration());
            do {
                System.out.println(
                        installation.admin("console.code", Json.object()).text("address"));
            } while (System.in.read() >= 0);
        }
    }

    /** What an agent does before anybody looks: it reads, it is refused, and it asks for what needs people. */
    static String play(Installation installation) throws Exception {
        Agent agent = installation.agent();
        agent.ask(Agent.read());
        agent.ask(Agent.variable("LOG_LEVEL", "debug"));
        agent.ask(Agent.delete(Railway.SHARED));
        String denied = agent.ask(Agent.delete(Railway.disposable(1))).hold();
        installation.admin(
                "hold.deny", Json.object().with("hold", denied).with("reason", "the load test still runs on it"));
        Agent mover = installation.agentInProduction();
        mover.ask(Agent.read());
        agent.ask(Agent.delete(Railway.disposable(0)));
        return mover.ask(Agent.delete(Railway.SHARED)).hold();
    }
}
