package dev.interlock.setup;

import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.oauth.OAuthClient;
import dev.interlock.oauth.OAuthGrant;
import dev.interlock.oauth.TokenEndpoint;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A login of ChatGPT, as {@code codex login} of Codex 0.169.0 writes it into {@code auth.json}. The gateway renews it,
 * so nobody else may use it: OpenAI replaces the refresh token each time.
 */
public final class ChatGptLogin {

    /** Where OpenAI renews logins. */
    public static final URI AUTHORIZATION_SERVER = URI.create("https://auth.openai.com");

    /** Where models are asked with it. */
    public static final URI MODELS = URI.create("https://chatgpt.com");

    /** The public client that Codex is at OpenAI. A login can be renewed only by the client that made it. */
    private static final OAuthClient CODEX = new OAuthClient("app_EMoamEEZ73f0CkXaXp7hrann", Optional.empty(), false);

    private static final int LONGEST = 64 * 1024;

    private ChatGptLogin() {}

    /** {@code server} renews it. Messages quote nothing of the file. */
    public static OAuthGrant read(Path file, URI server) throws IOException {
        if (file.toRealPath().endsWith(Path.of(".codex", "auth.json"))) {
            throw new IllegalArgumentException(
                    "`" + file
                            + "` is the login of Codex outside, which would end when the gateway renews it; make another: mkdir -m 700 login && CODEX_HOME=$PWD/login codex login");
        }
        if (Files.size(file) > LONGEST) {
            throw new IllegalArgumentException(noLogin(file));
        }
        try {
            Secret refresh = new Secret(Json.readForeign(Files.readAllBytes(file), "the login")
                    .object("tokens")
                    .text("refresh_token"));
            return new OAuthGrant(
                    OAuthSignIn.newId(), MODELS, "", new TokenEndpoint(server.resolve("/oauth/token"), CODEX), refresh);
        } catch (IllegalArgumentException _) { // without the cause, which may quote it
            throw new IllegalArgumentException(noLogin(file));
        }
    }

    private static String noLogin(Path file) {
        return "`" + file
                + "` holds no login of ChatGPT; `codex login` writes one into auth.json, unless it logs in with an API key";
    }
}
