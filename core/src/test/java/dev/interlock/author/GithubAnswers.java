package dev.interlock.author;

import dev.interlock.action.Bytes;
import dev.interlock.action.HttpCall;
import java.io.IOException;

/** A repository at GitHub, as it answers the gateway's own questions. */
final class GithubAnswers {

    /** The commit at which the branch {@code main} is. */
    static final String HEAD = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";

    private GithubAnswers() {}

    static Bytes to(HttpCall query) throws IOException {
        if (query.path().endsWith("/commits/" + HEAD + "/branches-where-head")) {
            return Bytes.utf8("[{\"name\":\"main\",\"commit\":{\"sha\":\"" + HEAD + "\"},\"protected\":true}]");
        }
        if (query.path().endsWith("/branches-where-head")) {
            return Bytes.utf8("[]");
        }
        if (query.path().matches("/repos/[^/]+/[^/]+")) {
            return Bytes.utf8("{\"full_name\":\"" + query.path().substring("/repos/".length())
                    + "\",\"default_branch\":\"main\"}");
        }
        if (query.path().startsWith("/users/")) {
            return account(query.path());
        }
        throw new IOException("not found");
    }

    /** Everybody is a person. */
    static Bytes account(String path) {
        return Bytes.utf8("{\"login\":\"" + path.substring("/users/".length()) + "\",\"type\":\"User\"}");
    }
}
