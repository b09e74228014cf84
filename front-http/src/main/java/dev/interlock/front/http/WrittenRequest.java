package dev.interlock.front.http;

import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Refusal;
import java.util.List;

/** A request that somebody wrote down, read in the same way as those that arrive at the front. */
public sealed interface WrittenRequest {

    record WrittenCall(HttpCall call) implements WrittenRequest {}

    record WrittenRefusal(Refusal refusal) implements WrittenRequest {}

    /** Reads a request whose {@code target} at the provider is still encoded. */
    static WrittenRequest read(
            String method, String target, List<Header> headers, Bytes body, UpstreamRoutes.ExtraCarriers carriers) {
        try {
            RequestTarget read = RequestTarget.read("/upstream" + target);
            CredentialCarriers.SplitRequest parted = CredentialCarriers.part(carriers, headers, read.query());
            return new WrittenCall(new HttpCall(
                    method, "upstream", read.path(), parted.query(), HeaderRules.ofCall(parted.headers()), body));
        } catch (UnreadableRequestException e) {
            return new WrittenRefusal(e.refusal());
        }
    }

    /** Returns the target that is sent for {@code call}: the one spelling of its path and query. */
    static String target(HttpCall call) {
        return RequestTarget.write(call.path(), call.query());
    }
}
