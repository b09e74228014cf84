package dev.interlock.cli;

import dev.interlock.setup.ChatGptLogin;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option that names a login of ChatGPT. */
final class LoginOptions {

    @Option(
            names = "--login",
            paramLabel = "FILE",
            description =
                    "With openai: the auth.json of a login of ChatGPT that nobody else uses, in place of an API key.")
    private @Nullable Path file;

    @Option(names = "--login-server", hidden = true, description = "The server that renews it, in tests.")
    private URI server = ChatGptLogin.AUTHORIZATION_SERVER;

    Optional<StoredCredential> credential(String name) throws IOException {
        Path given = file;
        return given == null
                ? Optional.empty()
                : Optional.of(new StoredCredential.StoredGrant(name, ChatGptLogin.read(given, server)));
    }
}
