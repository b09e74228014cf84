package dev.interlock.action;

import dev.interlock.evidence.ElevationScope;
import dev.interlock.evidence.Json;

/** A question to the gateway itself, which is judged as a call is, and sent to no upstream. */
public record OwnCall(Json.Members kept) implements Call {

    @Override
    public String protocol() {
        return "interlock";
    }

    @Override
    public String authority() {
        return ElevationScope.UPSTREAM;
    }

    @Override
    public Bytes body() {
        return Bytes.of(kept.canonical());
    }

    @Override
    public Json.Members canonical(SaltedDigests digests) {
        return Json.object().with("authority", authority()).with("body_digest", digests.of(body()));
    }
}
