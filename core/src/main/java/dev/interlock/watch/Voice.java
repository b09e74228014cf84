package dev.interlock.watch;

import dev.interlock.action.Alert;
import java.io.PrintStream;

/** Writes alerts to the gateway's own output. */
public interface Voice {

    /** Writes {@code alert}, on one line. */
    void say(Alert alert);

    /** Writes a problem with the alerts themselves: one sentence in lower case. */
    void trouble(String sentence);

    /** Returns an output with lines for people. */
    static Voice lines(PrintStream out) {
        return new Voice() {
            @Override
            public void say(Alert alert) {
                out.println(alert.line());
            }

            @Override
            public void trouble(String sentence) {
                out.println("interlock: alarm: " + sentence);
            }
        };
    }
}
