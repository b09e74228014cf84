package dev.interlock.gate;

import dev.interlock.action.Attempt;

/** The handler to which a front gives every attempt. */
public interface Handler {

    /**
     * Decides {@code attempt}, and forwards it through {@code upstream} only if all of it is permitted and the intent
     * is durable. Never throws for anything that an agent can cause: a failure of ours is a refusal.
     */
    <R> Outcome<R> handle(Attempt attempt, Upstream<R> upstream);
}
