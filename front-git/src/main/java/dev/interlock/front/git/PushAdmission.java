package dev.interlock.front.git;

import dev.interlock.action.HttpCall;
import java.nio.file.Path;
import java.util.function.BiPredicate;

/** Which requests to an upstream are pushes, by method and path, and the directory for their bodies meanwhile. */
public record PushAdmission(BiPredicate<String, String> pushes, Path directory) {

    private static final String REFS = "/info/refs";
    private static final String PUSH = "/git-receive-pack";
    private static final String LARGE_FILES = "/info/lfs/";

    private static final String TYPE = "application/x-git-receive-pack-request";
    /** No push to anywhere. */
    public static final PushAdmission NONE = new PushAdmission((_, _) -> false, Path.of(""));

    /** Returns whether a request may be a push, as far as its head says. Clients do not say how long its body is. */
    public static boolean mayBePush(String method, String target, String type) {
        return method.equals("POST") && target.endsWith(PUSH) && type.equals(TYPE);
    }

    public boolean isPush(String method, String path) {
        return pushes.test(method, path);
    }

    /** Returns whether {@code call} asks for the refs before a push. */
    public boolean isQuestionBefore(HttpCall call) {
        return asksForRefs(call)
                && call.query().stream()
                        .anyMatch(parameter -> parameter.name().equals("service")
                                && parameter.value().equals("git-receive-pack"));
    }

    /** Returns whether {@code call} asks for the refs of a repository: the first request of every Git client. */
    public boolean asksForRefs(HttpCall call) {
        String path = call.path();
        return path.endsWith(REFS) && isPush("POST", path.substring(0, path.length() - REFS.length()) + PUSH);
    }

    /** Returns whether {@code call} is one of Git LFS's, about files that a repository only points to. */
    public boolean isAboutLargeFiles(HttpCall call) {
        int end = call.path().indexOf(LARGE_FILES);
        return end > 0 && isPush("POST", call.path().substring(0, end) + PUSH);
    }

    /** Returns the body of a push that {@code source} sends. */
    public PushBody body(PushBody.BodySource source) {
        return new PushBody(source, directory);
    }
}
