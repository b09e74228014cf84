package dev.interlock.gate;

import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
import dev.interlock.action.Refusal;
import dev.interlock.action.UndoRules;
import dev.interlock.gate.Observer.Step;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * The front's {@link Upstream} for one attempt, with an {@link Observer} of its progress. An observer that fails
 * changes nothing.
 */
final class ObservedUpstream<R> {

    private static final System.Logger LOG = System.getLogger(ObservedUpstream.class.getName());

    private final Upstream<R> upstream;
    private final Observer.AttemptObservation course;

    private ObservedUpstream(Upstream<R> upstream, Observer.AttemptObservation course) {
        this.upstream = upstream;
        this.course = course;
    }

    static <R> ObservedUpstream<R> of(Attempt attempt, Upstream<R> upstream, Observer observer) {
        try {
            return new ObservedUpstream<>(
                    upstream, attempt.isProbe() ? Observer.NONE.begin(attempt) : observer.begin(attempt));
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "an attempt could not be observed", e);
            return new ObservedUpstream<>(upstream, Observer.NONE.begin(attempt));
        }
    }

    static void unread(Refusal refusal, Observer observer) {
        quietly(() -> observer.unread(refusal));
    }

    void enter(Step step) {
        quietly(() -> course.beginStep(step));
    }

    Outcome<R> ended(Outcome<R> outcome) {
        quietly(() -> course.end(outcome));
        return outcome;
    }

    private static void quietly(Runnable telling) {
        try {
            telling.run();
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "the path of an attempt could not be observed", e);
        }
    }

    void redactAnswerBy(Optional<ResponseRedactor> redactor) {
        upstream.redactAnswerBy(redactor);
    }

    void scanAnswerBy(ResponseScanner scanner) {
        upstream.scanAnswerBy(scanner);
    }

    void screenAnswerBy(AnswerScreen screen) {
        upstream.screenAnswerBy(screen);
    }

    Upstream.Measured measured(List<Action> actions, Optional<UndoRules> rules) {
        return upstream.measured(actions, rules);
    }

    void markReadOnly() {
        upstream.markReadOnly();
    }

    /** Forwards {@code call}, as {@link Upstream#forward} says. There is no other way to an upstream. */
    R forward(CallPhase.OpenedCall<R> call) throws IOException {
        enter(Step.ACT);
        quietly(() -> course.upstreamTrace().ifPresent(upstream::traceBy));
        return upstream.forward(call.sensed.outgoing(), call.credential);
    }

    void cut() {
        upstream.cut();
    }

    Upstream.AnswerOutcome ending(R answer) {
        return upstream.ending(answer);
    }

    void whenEnded(R answer, Runnable then) {
        upstream.whenEnded(answer, then);
    }
}
