package dev.interlock.front.http;

import dev.interlock.action.Bytes;
import dev.interlock.action.Call;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Refusal;
import dev.interlock.action.VisibleText;
import dev.interlock.evidence.Json;
import dev.interlock.front.git.PushBody;
import dev.interlock.front.git.ReceiveAdvertisement;
import dev.interlock.front.http.ProblemDetails.ProblemFacts;
import dev.interlock.front.http.ProblemDetails.ProblemResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Answers to Git's clients, in the forms that they print. */
final class PushAnswers {

    /** The longest list of refs that is read whole: some eighty thousand of them. */
    private static final int MAX_REFS = 8 * 1024 * 1024;

    static final String RESULT = "application/x-git-receive-pack-result";

    private static final String LARGE_FILES = "application/vnd.git-lfs+json";

    private static final String WAIT = "Or let it wait for them: git -c http.extraHeader=\"Prefer: wait=300\" push …";

    private static final List<String> SERVICES = List.of("git-receive-pack", "git-upload-pack");

    private PushAnswers() {}

    static @Nullable PushBody body(Call call) {
        return call instanceof HttpCall http && http.stream().orElse(null) instanceof PushBody body ? body : null;
    }

    /** Returns whether a client of Git sends {@code call}, and asks for no problem details. */
    static boolean isForGit(UpstreamRoutes.UpstreamRoute route, HttpCall call) {
        return body(call) != null
                || route.push().isAboutLargeFiles(call)
                || (route.push().asksForRefs(call)
                        && !call.header("accept").orElse("").contains(ProblemDetails.PROBLEM));
    }

    /**
     * Returns the answer to a request of a Git client that is refused. A push is answered with the report that the
     * client waits for, and the first request of a client with a text that it prints. A client that names the type of
     * the list that it waits for, such as JGit, gets an error in that type, because it prints no other text. Empty for
     * a client that reads no such report.
     */
    static Optional<ProblemResponse> refusal(
            UpstreamRoutes.UpstreamRoute route, HttpCall call, Refusal refusal, ProblemFacts facts) {
        List<String> sentences = sentences(refusal, facts);
        PushBody push = body(call);
        if (push != null) {
            facts.hold().ifPresent(_ -> sentences.add(WAIT));
            return push.refusal(sentences, facts.hold()).map(bytes -> answer(200, RESULT, bytes, facts));
        }
        if (route.push().isAboutLargeFiles(call)) {
            int status = refusal.kind() == Refusal.Kind.NOT_UNDERSTOOD ? 501 : 403; // then it asks for no locks
            return Optional.of(answer(status, LARGE_FILES, largeFiles(refusal, facts), facts));
        }
        String accepted = call.header("accept").orElse("");
        return Optional.of(SERVICES.stream()
                .filter(service -> accepted.contains(list(service)))
                .findFirst()
                .map(service -> answer(200, list(service), ReceiveAdvertisement.error(service, sentences), facts))
                .orElseGet(
                        () -> answer(403, "text/plain; charset=utf-8", ReceiveAdvertisement.text(sentences), facts)));
    }

    private static byte[] largeFiles(Refusal refusal, ProblemFacts facts) {
        Refusal said =
                refusal.kind() == Refusal.Kind.NOT_UNDERSTOOD ? FrontRefusals.LARGE_FILES.notUnderstood() : refusal;
        return Json.object()
                .with("message", "interlock: " + VisibleText.line(String.join(" ", sentences(said, facts))))
                .canonical();
    }

    private static String list(String service) {
        return "application/x-" + service + "-advertisement";
    }

    private static List<String> sentences(Refusal refusal, ProblemFacts facts) {
        List<String> sentences = new ArrayList<>(List.of(refusal.reason(), "Next: " + refusal.next()));
        if (!facts.receipt().isEmpty()) {
            sentences.add("Receipt " + facts.receipt() + ".");
        }
        return sentences;
    }

    private static ProblemResponse answer(int status, String type, byte[] body, ProblemFacts facts) {
        return new ProblemResponse(status, ProblemDetails.headers(type, facts.receipt()), Bytes.of(body));
    }

    /** Reads the server's report of a push. Throws if it is too long: then nobody knows what happened. */
    static Bytes report(UpstreamAnswer answer) throws IOException {
        return answer.whole(MAX_REFS)
                .orElseThrow(() -> new IOException("the report of a push is longer than " + MAX_REFS + " bytes"));
    }

    /** Returns a list of refs with the capabilities that the gateway offers in place of the server's. */
    static UpstreamAnswer advertised(UpstreamAnswer answer) throws IOException {
        Optional<Bytes> whole = answer.whole(MAX_REFS);
        if (whole.isEmpty()) {
            return answer.withheld("the list of refs is longer than " + MAX_REFS + " bytes");
        }
        byte[] given = whole.get().toArray();
        return answer.replacedBy(ReceiveAdvertisement.rewritten(given).orElse(given));
    }
}
