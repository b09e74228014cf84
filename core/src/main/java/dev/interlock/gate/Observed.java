package dev.interlock.gate;

import dev.interlock.action.Attempt;
import dev.interlock.action.Call;
import dev.interlock.action.Refusal;
import dev.interlock.action.TraceContext;
import dev.interlock.gate.Observer.Step;
import java.io.IOException;
import java.util.Optional;

/** One attempt's way upstream, of which an observer is told: whatever goes wrong with that changes nothing. */
final class Observed<R> implements Upstream<R> {

    private static final System.Logger LOG = System.getLogger(Observed.class.getName());

    private final Upstream<R> upstream;
    private final Observer.Course course;

    private Observed(Upstream<R> upstream, Observer.Course course) {
        this.upstream = upstream;
        this.course = course;
    }

    static <R> Observed<R> of(Attempt attempt, Upstream<R> upstream, Observer observer) {
        try {
            return new Observed<>(upstream, attempt.isProbe() ? Observer.NONE.begin(attempt) : observer.begin(attempt));
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "an attempt is not observed", e);
            return new Observed<>(upstream, Observer.NONE.begin(attempt));
        }
    }

    /** Tells {@code observer} of what a front refused by itself. */
    static void unread(Refusal refusal, Observer observer) {
        quietly(() -> observer.unread(refusal));
    }

    void enter(Step step) {
        quietly(() -> course.enter(step));
    }

    Outcome<R> ended(Outcome<R> outcome) {
        quietly(() -> course.end(outcome));
        return outcome;
    }

    private static void quietly(Runnable telling) {
        try {
            telling.run();
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "what an attempt went through is not observed", e);
        }
    }

    @Override
    public void answerThrough(Optional<Veil> veil) {
        upstream.answerThrough(veil);
    }

    @Override
    public void traceBy(TraceContext context) {
        upstream.traceBy(context);
    }

    @Override
    public void lookOut(Lookout lookout) {
        upstream.lookOut(lookout);
    }

    @Override
    public void onlyLooks() {
        upstream.onlyLooks();
    }

    @Override
    public R forward(Call outgoing, Credential credential) throws IOException {
        enter(Step.ACT);
        quietly(() -> course.onward().ifPresent(upstream::traceBy));
        return upstream.forward(outgoing, credential);
    }

    @Override
    public void cut() {
        upstream.cut();
    }

    @Override
    public Waiting waits(Runnable gone) {
        return upstream.waits(gone);
    }

    @Override
    public Ending ending(R answer) {
        return upstream.ending(answer);
    }
}
