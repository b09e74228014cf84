package dev.interlock.front.http;

import dev.interlock.action.Header;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Streams an upstream's answer to the agent, without the parts meant for the gateway alone. */
record AnswerWriter(ClientWriter client, RedirectPolicy redirects, PageLinks pages) {

    private static final byte[] NOTHING = {};

    /** Writes {@code answer} as it arrives. Throws if either side broke off; the client then sees a cut-off body. */
    void write(UpstreamAnswer answer, String receipt, List<Header> ours, boolean head, boolean keep)
            throws IOException {
        UpstreamAnswer shown = answer;
        Optional<byte[]> piece = Optional.of(NOTHING);
        try {
            if (answer.isReady() || ScannedBody.isShort(answer)) {
                piece = answer.next();
            }
        } catch (ScannedBody.SecretInAnswerException e) { // the head has not been sent, and can say so
            shown = answer.withheld(String.valueOf(e.getMessage()));
            piece = Optional.empty();
        }
        boolean bodiless = head || shown.status() == 204 || shown.status() == 304;
        List<Header> headers = headers(shown, receipt, bodiless, keep);
        headers.addAll(ours);
        client.head(shown.status(), headers);
        while (piece.isPresent()) {
            client.piece(piece.get());
            piece = next(answer);
        }
        client.end();
    }

    // Received bytes are passed on before waiting for more, and more is requested only when they are taken.
    private Optional<byte[]> next(UpstreamAnswer answer) throws IOException {
        if (!answer.isReady()) {
            client.flush();
        }
        try {
            return answer.next();
        } catch (IOException e) {
            client.flush(); // the client gets the bytes received before the end
            throw e;
        }
    }

    private List<Header> headers(UpstreamAnswer answer, String receipt, boolean bodiless, boolean keep) {
        List<Header> headers = new ArrayList<>();
        for (Header header : HeaderRules.ofAnswer(answer.headers())) {
            headers.addAll(
                    switch (header.name()) {
                        case "location" -> location(header.value());
                        case "link" -> List.of(new Header(header.name(), pages.named(header.value())));
                        default -> List.of(header);
                    });
        }
        List<String> lengths = answer.values("content-length");
        if (!lengths.isEmpty()) {
            headers.add(new Header("content-length", lengths.getFirst()));
        } else if (!bodiless) {
            headers.add(new Header("transfer-encoding", "chunked"));
        }
        answer.note().ifPresent(note -> headers.add(new Header("interlock-note", note)));
        if (!receipt.isEmpty()) {
            headers.add(new Header("interlock-receipt", receipt));
        }
        headers.add(new Header("connection", keep ? "keep-alive" : "close"));
        return headers;
    }

    // An agent that follows a redirect must come back through the gateway, or not be led away at all.
    private List<Header> location(String value) {
        return redirects
                .follow(value, pages.path())
                .map(own -> List.of(new Header("location", own)))
                .orElseGet(() -> List.of(new Header(
                        "interlock-note",
                        "Interlock removed the upstream's redirect: it leads away from this upstream")));
    }
}
