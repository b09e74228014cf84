package dev.interlock.front.http;

import dev.interlock.action.Refusal;
import dev.interlock.action.RefusalText;
import java.util.List;
import java.util.Optional;

/** The texts of all refusals by the front: of requests that have no single reading, or lead nowhere. */
final class FrontRefusals {

    private static final String ANOTHER_PROTOCOL = "Use the provider's HTTP API, and poll it for changes.";
    private static final String BY_NAME = "Use the host name as the seal writes it, and its port.";
    private static final String WHOLE_MEMBER =
            "Send one whole gzip member or zlib stream, or send it without compression.";
    private static final String WRITE_IT =
            "Write it as `/{upstream}/path?name=value`, each octet encoded at most once.";

    static final RefusalText OTHER_HOST = new RefusalText(
            "The Host is not `%s`, which the proxy was asked for.",
            "Ask the proxy for the same host as the request's Host.");
    static final RefusalText NO_PUSHES = new RefusalText(
            "This upstream takes no pushes by Git.",
            "Push to an upstream whose catalog has them, such as `github` or `git`.");
    static final RefusalText COMPRESSED_PUSH = new RefusalText(
            "The push is compressed as a whole, and too long for that.",
            "Push without a Content-Encoding: the objects in it are compressed already.");
    static final RefusalText NO_HOST = broken("The request has no Host, or more than one.");
    static final RefusalText WRONG_HOST = broken("The Host is not the name of this listener.");
    static final RefusalText METHOD = new RefusalText(
            "The method is not GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS. TRACE is not supported, nor CONNECT inside a tunnel or a stream.",
            "Use one of these, addressed as `/{upstream}/path`.");
    static final RefusalText GRPC = new RefusalText(
            "gRPC is not supported: no catalog describes what its methods do.",
            "Use the provider's REST or GraphQL API.");
    static final RefusalText TWO_LENGTHS = broken("The request has both Content-Length and Transfer-Encoding.");
    static final RefusalText TRANSFER_ENCODING = broken("The Transfer-Encoding is not exactly `chunked`.");
    static final RefusalText CONTENT_LENGTH =
            broken("The Content-Length is given twice, or is not one plain decimal number.");
    static final RefusalText TOO_LONG = new RefusalText(
            "The request body is longer than %s bytes.", "Send it in smaller parts, if that is possible.");
    static final RefusalText CHUNK_EXTENSION = broken("A chunk size has an extension, or more than %s digits.");
    static final RefusalText CHUNK_SIZE =
            broken("A chunk size is not a plain hexadecimal number without an extension on its own line.");
    static final RefusalText CODED_TWICE =
            new RefusalText("The request body is compressed twice, or Content-Encoding is given twice.", WHOLE_MEMBER);
    static final RefusalText CODING = new RefusalText(
            "The request body has several Content-Encodings, or one that is not supported.",
            "Send it as gzip, or without compression.");
    static final RefusalText CODING_RATIO =
            new RefusalText("The request body decompresses to more than %s times its length.", WHOLE_MEMBER);
    static final RefusalText CODED_REST = new RefusalText(
            "The compressed body has data after its end, has several members, or is truncated.", WHOLE_MEMBER);
    static final RefusalText CODED_WRONGLY =
            new RefusalText("The request body does not match its Content-Encoding, or is truncated.", WHOLE_MEMBER);
    static final RefusalText OWN_DRY_RUN =
            new RefusalText("A dry run is not supported here.", "Send the request without the `Prefer` header.");
    static final RefusalText OWN_BODY = new RefusalText(
            "The request body is longer than %s KiB.", "Name fewer resources, or the resources that contain them.");
    static final RefusalText PLAN_BODY = new RefusalText(
            "The plan is longer than %s KiB.", "Send a shorter plan: people read every step before they sign.");
    static final RefusalText PLANNED_PUSH = new RefusalText(
            "A push by Git cannot be judged ahead: what it does depends on the commits that git packs when it pushes.",
            "Leave the push out of the plan, and run `git push`: people are asked about it with its commits.");
    static final RefusalText PLANNED_OWN = new RefusalText(
            "A step of a plan goes to an upstream, and not to the gateway itself.",
            "Leave it out of the plan, and send it by itself.");
    static final RefusalText PLANNED_CREDENTIAL = new RefusalText(
            "A step of a plan carries a credential: the lease that sends the plan is that of every step.",
            "Leave credentials out of the steps.");
    static final RefusalText OWN_TYPE =
            new RefusalText("The request body is not JSON.", "Send `Content-Type: application/json`.");
    static final RefusalText TOO_MANY_HEADERS = broken("The request has more than %s header fields.");
    static final RefusalText HEAD_END = broken("The request head does not end with an empty line.");
    static final RefusalText HEAD_CHARACTERS =
            broken("The request head contains a control character, a bare CR or LF, or a byte beyond ASCII.");
    static final RefusalText LINE_TOO_LONG = broken("The request line is longer than %s bytes.");
    static final RefusalText REQUEST_LINE = broken("The request line is not `METHOD target HTTP/1.1`.");
    static final RefusalText HTTP2_PREFACE = broken("The request begins with the HTTP/2 preface but is not HTTP/2.");
    static final RefusalText HTTP_VERSION = broken("The request is not HTTP/1.1.");
    static final RefusalText FOLDED = broken("A header field is folded over two lines.");
    static final RefusalText HEADER_NAME =
            broken("A header field's name is empty, contains white space, or has no colon right after it.");
    static final RefusalText HANDLING = new RefusalText(
            "The request prefers an unknown handling.",
            "Send `Prefer: handling=dry-run` to learn the verdict, or leave the header out.");
    static final RefusalText TUNNEL_BODY = broken("The CONNECT has a body.");
    static final RefusalText TUNNEL_HOST = broken("The Host of the CONNECT is not its target.");
    static final RefusalText BARE_LINE_END = broken("The request head contains a bare CR or a bare LF.");
    static final RefusalText EMPTY_FIRST_LINE = broken("The request begins with an empty line.");
    static final RefusalText HEAD_TOO_LONG = broken("The request head is longer than %s bytes.");
    static final RefusalText SLOW = broken("The request was incomplete after %s seconds.");
    static final RefusalText EXPECTATION =
            new RefusalText("The request expects something other than `100-continue`.", "Send it without `Expect`.");
    static final RefusalText TARGET_FORM = new RefusalText(
            "The request target is neither in origin form nor an absolute http or https URL.", WRITE_IT);
    static final RefusalText NO_UPSTREAM_NAMED =
            new RefusalText("The path does not begin with the name of an upstream.", WRITE_IT);
    static final RefusalText TARGET_IN_TUNNEL = new RefusalText(
            "The request target is not in origin form: an absolute URL, `host:port` (CONNECT) and `*` are not accepted inside a tunnel.",
            "Write it as `/path?name=value`.");
    static final RefusalText EMPTY_SEGMENT = new RefusalText("The path contains an empty segment (`//`).", WRITE_IT);
    static final RefusalText PATH_CHARACTERS = new RefusalText(
            "The path contains an invalid escape, a character that must be encoded, or bytes that are not UTF-8.",
            WRITE_IT);
    static final RefusalText ENCODED_SLASH =
            new RefusalText("The path contains an encoded slash, a backslash or a control character.", WRITE_IT);
    static final RefusalText DOT_SEGMENT = new RefusalText("The path contains a dot segment.", WRITE_IT);
    static final RefusalText ENCODED_TWICE = new RefusalText("The path is encoded twice.", WRITE_IT);
    static final RefusalText UNNAMED_PARAMETER =
            new RefusalText("The query contains a parameter without a name.", WRITE_IT);
    static final RefusalText QUERY_CHARACTERS = new RefusalText(
            "The query contains an invalid escape, a character that must be encoded, a NUL, or bytes that are not UTF-8.",
            WRITE_IT);
    static final RefusalText PSEUDO_HEADER = broken("A pseudo-header field is unknown, or given twice.");
    static final RefusalText STREAM_HEADER_NAME =
            broken("A header field's name is empty, not in lower case, or not valid.");
    static final RefusalText STREAM_HEADER = broken("HTTP/2 forbids the header field `%s`.");
    static final RefusalText HEADER_VALUE =
            broken("A header field's value contains a control character, a byte beyond ASCII, or blanks around it.");
    static final RefusalText SCHEME = broken("The scheme is neither http nor https.");
    static final RefusalText STREAM_PATH = broken("The path is empty, too long, or contains a blank.");
    static final RefusalText AUTHORITY = broken("The Host is not the request's authority.");
    static final RefusalText PSEUDO_HEADER_MISSING = broken("The request has no `%s`, or more than one.");
    static final RefusalText TRAILERS = broken("The request has trailer fields, which are not supported.");
    static final RefusalText BODY_WITHOUT_HEAD = broken("The stream has a body but no head.");
    static final RefusalText WRONG_LENGTH = broken("The Content-Length differs from the length of the body.");
    static final RefusalText NO_PORT = new RefusalText("The CONNECT target has no port.", "Write it as `host:port`.");
    static final RefusalText USER_INFORMATION = new RefusalText(
            "The target contains user information, a credential that every hop can read.",
            "Remove the part before the `@`; put the lease where the tool has its own credential.");
    static final RefusalText NO_HOST_NAME =
            new RefusalText("The target is not a host name; IP addresses are not accepted.", BY_NAME);
    static final RefusalText PORT = new RefusalText("The target's port is not a number from 1 to %s.", BY_NAME);
    static final RefusalText CHUNK_TOO_LONG = broken("A chunk is longer than its size.");
    static final RefusalText OWN_PATHS = new RefusalText(
            "The gateway itself answers only `POST /.interlock/leases`, `POST /.interlock/elevations`, `GET /.interlock/elevations/{hold}`, `POST /.interlock/plans`, `GET /.interlock/whoami`, and `GET` or `POST /.interlock/undo/{receipt}` without a body.",
            "Post to `/.interlock/leases` to derive a narrower lease from your own, to `/.interlock/elevations` to ask people for more, to `/.interlock/plans` to ask about several calls at once, or to `/.interlock/undo/{receipt}` to undo a call of yours. Get `/.interlock/whoami` to learn what you may do.");
    static final RefusalText WEBSOCKET =
            new RefusalText("The request asks for a WebSocket, which is not supported.", ANOTHER_PROTOCOL);
    static final RefusalText UPGRADE = new RefusalText(
            "The request asks for an upgrade to another protocol, which is not supported.", ANOTHER_PROTOCOL);
    static final RefusalText UNENCRYPTED = new RefusalText(
            "This port expects TLS, but the request came unencrypted.",
            "Send it to the same port with https:// instead of http://.");
    static final RefusalText UNENCRYPTED_IN_TUNNEL = new RefusalText(
            "A tunnel was opened, but something other than TLS came through it.",
            "Use TLS after CONNECT; for http:// send the proxy the absolute URL instead.");
    static final RefusalText LARGE_FILES = new RefusalText(
            "Git LFS sends files beside Git, and Interlock does not pass them on.",
            "Clone with `GIT_LFS_SKIP_SMUDGE=1`. Commit the file without LFS, or ask a person to push it.");
    static final RefusalText OURS = new RefusalText(
            "Interlock failed while it decided, so it refuses the call.",
            "Tell the person who runs Interlock; its log names the cause.");
    static final RefusalText NO_MEMORY = new RefusalText(
            "Too many large requests arrive at once; no memory is left for this one.",
            "Send the identical request again in a moment.");
    static final RefusalText TOO_MANY_HOSTS = new RefusalText(
            "Too many different hosts were requested at once, so the gateway issues no more certificates now.",
            "Call only the hosts that the seal names; all others are refused anyway.");
    static final RefusalText CONNECTION_LIMIT = new RefusalText(
            "Too many requests are waiting for their answers on this connection; the queue is full.",
            "Send the identical request again in a moment; nothing was sent.");
    static final RefusalText NO_REQUEST_IN_TUNNEL = new RefusalText(
            "A tunnel to `%s` was opened, but no request came through it.",
            "If the client does not trust the certificate, give it the gateway's certificate authority; it must ask for `%2$s` and no other name.");
    static final RefusalText AMBIGUOUS_HOST = new RefusalText(
            "The seal names several upstreams at `%s`, and this request could be for any of them: `%s`.",
            "Name the upstream: call the gateway itself, at `/{upstream}/path`.");

    static final Refusal NO_LEASE = new Refusal(
            Refusal.Kind.DENIED,
            Refusal.Finality.RETRYABLE,
            "The call carried no lease.",
            "Write the lease into the proxy's address: `http://lease:$INTERLOCK_LEASE@HOST:PORT`. Or let the client answer this challenge, with the user `lease` and the lease as password.",
            List.of("every call through this proxy without a lease"),
            Optional.empty());

    private FrontRefusals() {}

    private static RefusalText broken(String reason) {
        return new RefusalText(reason, "Send one well-formed HTTP/1.1 request at a time.");
    }

    static Refusal unknown(String upstream) {
        return denied(
                "The seal names no upstream `%s`.".formatted(upstream),
                "Ask a person which upstreams are sealed: `interlock status`.",
                "every call to `" + upstream + "`");
    }

    static Refusal unsealed(String why) {
        return Refusal.unavailable(why, "A person must put a seal in force: `interlock status` says what is missing.");
    }

    static Refusal unknownHost(UpstreamOrigin origin) {
        return denied(
                "The seal names no upstream at `%s`, and Interlock reaches only sealed upstreams.".formatted(origin),
                "If the task needs it, ask a person to seal an upstream with `address: %s`. There is no other route to it; do not look for one."
                        .formatted(origin),
                "every call to `" + origin.host() + "`");
    }

    static Refusal unknownPath(UpstreamOrigin origin) {
        return denied(
                "The seal names upstreams at `%s`, but the path is under none of their addresses.".formatted(origin),
                "Ask a person which addresses are sealed: `interlock status`.",
                "every call outside of them");
    }

    static Refusal otherPort(UpstreamOrigin origin) {
        return denied(
                "The seal names no upstream at port %s of `%s`.".formatted(origin.port(), origin.host()),
                "Ask a person which addresses are sealed: `interlock status`.",
                "every call to `" + origin.host() + ":" + origin.port() + "`");
    }

    private static Refusal denied(String reason, String next, String covers) {
        return Refusal.denied(reason, next, List.of(covers));
    }
}
