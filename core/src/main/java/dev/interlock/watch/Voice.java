package dev.interlock.watch;

import dev.interlock.action.Alert;
import java.io.PrintStream;

/** How alerts are written where the gateway runs. */
public interface Voice {

    /** Writes {@code alert}, on one line. */
    void say(Alert alert);

    /** Writes one sentence of the watch's own, in lower case: something is wrong with alerts themselves. */
    void trouble(String sentence);

    /** Lines for people. */
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
