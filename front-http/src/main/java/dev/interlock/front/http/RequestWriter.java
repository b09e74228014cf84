package dev.interlock.front.http;

import dev.interlock.action.BodyStream;
import dev.interlock.action.Header;
import dev.interlock.action.HttpCall;
import dev.interlock.gate.NotSentException;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.net.URI;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Writes a call anew. Every byte of the request is made from the call's meaning, in one order and spelling. */
final class RequestWriter {

    private RequestWriter() {}

    /**
     * Returns the request for {@code call} at {@code address}, with {@code credential} in its slot and fields of the
     * gateway's own. Throws if the call could be read in another way than it was signed, or belongs elsewhere.
     */
    static FullHttpRequest write(URI address, HttpCall call, Optional<Header> credential, List<Header> perTry)
            throws NotSentException {
        requireOwn(address, call, credential);
        FullHttpRequest request = unsaid(HttpMethod.valueOf(call.method()), target(address, call), call);
        try {
            headers(request.headers(), address, call, credential);
            perTry.forEach(field -> request.headers().add(field.name(), field.value()));
        } catch (IllegalArgumentException e) {
            throw new NotSentException("a header field of the call cannot be written"); // its text may be the secret
        }
        return request;
    }

    private static FullHttpRequest unsaid(HttpMethod method, String target, HttpCall call) {
        return call.stream().orElse(null) instanceof StreamedBody body
                ? new StreamedRequest(method, target, body)
                : new DefaultFullHttpRequest(
                        HttpVersion.HTTP_1_1,
                        method,
                        target,
                        Unpooled.wrappedBuffer(call.body().view()));
    }

    private static void headers(HttpHeaders headers, URI address, HttpCall call, Optional<Header> credential) {
        headers.add(HttpHeaderNames.HOST, address.getRawAuthority());
        headers.add(HttpHeaderNames.USER_AGENT, "interlock");
        headers.add(HttpHeaderNames.ACCEPT_ENCODING, "identity");
        credential.ifPresent(slot -> headers.add(slot.name(), slot.value()));
        call.headers().forEach(h -> headers.add(h.name(), h.value()));
        headers.add(
                HttpHeaderNames.CONTENT_LENGTH,
                call.stream().map(BodyStream::length).orElse((long) call.body().length()));
    }

    private static String target(URI address, HttpCall call) throws NotSentException {
        String target = RequestTarget.write(call.path(), call.query());
        // INVARIANT: the sent request parses to what was signed, in spite of faults in the packages in between.
        try {
            RequestTarget again = RequestTarget.read("/upstream" + target);
            if (!again.path().equals(call.path()) || !again.query().equals(sent(call.query()))) {
                throw new NotSentException("the call's path or query is ambiguous");
            }
        } catch (UnreadableRequestException e) {
            throw new NotSentException("the call's path or query cannot be written", e);
        }
        return base(address) + target;
    }

    private static List<HttpCall.Parameter> sent(List<HttpCall.Parameter> query) {
        return query.isEmpty()
                ? query
                : query.stream().map(HttpCall.Parameter::sent).toList();
    }

    static String base(URI address) {
        String base = Objects.requireNonNullElse(address.getRawPath(), "");
        return base.endsWith("/") ? base.substring(0, base.length() - 1) : base;
    }

    private static void requireOwn(URI address, HttpCall call, Optional<Header> credential) throws NotSentException {
        if (!call.authority().equals(address.getRawAuthority())) {
            throw new NotSentException("the call's authority is not its upstream's");
        }
        String slot = credential.map(Header::name).orElse("");
        for (Header header : call.headers()) {
            if (HeaderRules.isFraming(header.name()) || header.name().equals(slot)) {
                throw new NotSentException("the call contains a header field that only the gateway may write");
            }
        }
    }
}
