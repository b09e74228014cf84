package dev.interlock.watch;

import dev.interlock.action.Alert;
import java.io.PrintStream;

/** Writes alerts to the gateway's own output. */
public interface AlertLog {

    void write(Alert alert);

    /** Writes a problem with the alerts themselves: one sentence in lower case. */
    void problem(String sentence);

    static AlertLog lines(PrintStream out) {
        return new AlertLog() {
            @Override
            public void write(Alert alert) {
                out.println(alert.line());
            }

            @Override
            public void problem(String sentence) {
                out.println("interlock: alarm: " + sentence);
            }
        };
    }
}
