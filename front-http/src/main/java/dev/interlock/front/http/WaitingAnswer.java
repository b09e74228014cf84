package dev.interlock.front.http;

import dev.interlock.action.Header;
import dev.interlock.action.Refusal;
import dev.interlock.front.http.ProblemDetails.ProblemFacts;
import dev.interlock.front.http.ProblemDetails.ProblemResponse;
import dev.interlock.gate.Upstream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The answer to a call that waits for people. Where the client's protocol can say so, it begins before the decision,
 * and what becomes of the call follows in the same form. Belongs to the thread that answers.
 */
final class WaitingAnswer implements Upstream.WaitState {

    private static final int OK = 200;

    private final ClientWriter client;
    private final Dialect dialect;
    private final boolean keep;
    private final Duration limit;
    private Optional<Upstream.WaitState> wait = Optional.empty();
    private String hold = "";
    private boolean signed;
    private boolean begun;

    /** @param keep whether the connection stays for another request */
    WaitingAnswer(ClientWriter client, Dialect dialect, boolean keep, Duration limit) {
        this.client = client;
        this.dialect = dialect;
        this.keep = keep;
        this.limit = limit;
    }

    /** Begins the wait. Runs {@code gone} once the client has disconnected. */
    WaitingAnswer begin(Runnable gone) {
        wait = Optional.of(client.whenGone(gone));
        return this;
    }

    boolean hasBegun() {
        return begun;
    }

    /** Returns the field that says how long it was ready to wait, if it has waited. */
    List<Header> applied() {
        return PreferHeader.applied(wait.isPresent() ? limit : Duration.ZERO);
    }

    @Override
    public void report(String waiting, Refusal why, boolean isSigned, Duration left) {
        String what = isSigned ? " is signed, and waits for its time" : " waits for people";
        String reason = hold.equals(waiting) ? "" : ": " + why.reason();
        say(waiting + what + ", for " + left.toSeconds() + " s at most" + reason, left);
        hold = waiting;
    }

    @Override
    public void markSigned() {
        signed = true;
    }

    @Override
    public void close() {
        wait.ifPresent(Upstream.WaitState::close);
    }

    /** Says that the call is about to be sent. */
    void reportSending() {
        if (begun) {
            String what = dialect instanceof Dialect.Git ? "the push goes on" : "the call goes on";
            say(signed ? "signed; " + what : what, Duration.ZERO);
        }
    }

    private void say(String sentence, Duration left) {
        Optional<byte[]> report = dialect.report(sentence, left);
        if (report.isEmpty()) {
            return;
        }
        if (!begun) {
            begun = true;
            List<Header> headers = new ArrayList<>(ProblemDetails.headers(dialect.reportType(), ""));
            headers.addAll(applied());
            headers.add(new Header("transfer-encoding", "chunked"));
            headers.add(new Header("connection", keep ? "keep-alive" : "close"));
            client.head(OK, headers);
        }
        try {
            client.piece(report.get());
            client.flush();
        } catch (IOException _) {
            // The client is gone, which ends the wait; what is written next fails.
        }
    }

    /** Ends it with a refusal, or a whole answer of the gateway's own. */
    void end(ProblemResponse problem, boolean head) throws IOException {
        if (begun) {
            client.piece(dialect.reported(problem.body().toArray()));
            client.end();
        } else {
            Exchange.problem(problem, client, keep, head);
        }
    }

    /** Passes on the upstream's {@code answer} after the reports. One that has no form there is told in words. */
    void pass(UpstreamAnswer answer, String receipt) throws IOException {
        if (answer.status() != OK || answer.note().isPresent()) {
            tell(answer.note().orElse("it has the status " + answer.status()), receipt);
            return;
        }
        Optional<byte[]> piece;
        try {
            piece = answer.next();
        } catch (ScannedBody.SecretInAnswerException e) {
            tell(String.valueOf(e.getMessage()), receipt);
            return;
        }
        boolean isMessage = dialect instanceof Dialect.Mcp
                && ToolAnswers.isEvents(answer).filter(events -> !events).isPresent();
        client.piece((isMessage ? ToolAnswers.EVENT : "").getBytes(StandardCharsets.US_ASCII));
        while (piece.isPresent()) {
            client.piece(isMessage ? onOneLine(piece.get()) : piece.get());
            if (!answer.isReady()) {
                client.flush();
            }
            piece = answer.next();
        }
        client.piece((isMessage ? "\n\n" : "").getBytes(StandardCharsets.US_ASCII));
        client.end();
    }

    private void tell(String what, String receipt) throws IOException {
        Refusal refusal = FrontRefusals.answered(what);
        end(dialect.refusal(refusal, ProblemFacts.of(receipt)), false);
    }

    /** Returns a part of a JSON text without line ends, which are white space there. */
    private static byte[] onOneLine(byte[] json) {
        byte[] line = json.clone();
        for (int i = 0; i < line.length; i++) {
            line[i] = line[i] == '\n' || line[i] == '\r' ? (byte) ' ' : line[i];
        }
        return line;
    }
}
