package dev.interlock.cli;

import dev.interlock.action.Secret;
import dev.interlock.setup.ChatGptLogin;
import dev.interlock.setup.OAuthSignIn;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of a sign-in at an MCP server that asks for OAuth, and the dialogue with the person. */
final class SignInOptions {

    @Option(
            names = "--client-id",
            paramLabel = "ID",
            description =
                    "With OAuth: a client that is registered at the authorization server. Unless given, one registers itself.")
    private Optional<String> client = Optional.empty();

    @Option(
            names = "--client-secret-from",
            paramLabel = "SOURCE",
            description = "With --client-id: file:PATH or env:NAME, if that client has a secret.")
    private Optional<String> secret = Optional.empty();

    @Option(
            names = "--scope",
            paramLabel = "SCOPE",
            description = "With OAuth: a scope to ask for; repeatable. Unless given, those that the server names.")
    private List<String> scopes = new ArrayList<>();

    @Option(
            names = "--callback-port",
            paramLabel = "PORT",
            description = "With OAuth: the port on loopback where the browser brings the answer; any unless given.")
    private int port;

    @Option(
            names = "--login",
            paramLabel = "FILE",
            description =
                    "With openai: the auth.json of a login of ChatGPT that nobody else uses, in place of an API key.")
    private @Nullable Path login;

    @Option(names = "--login-server", hidden = true, description = "The server that renews it, in tests.")
    private URI loginServer = ChatGptLogin.AUTHORIZATION_SERVER;

    Optional<StoredCredential> login(String name) throws IOException {
        Path given = login;
        return given == null
                ? Optional.empty()
                : Optional.of(new StoredCredential.StoredGrant(name, ChatGptLogin.read(given, loginServer)));
    }

    /** Signs in at {@code server}, which refused a request without a token and said {@code challenge}. */
    OAuthSignIn.SignedIn signIn(URI server, Optional<SSLContext> authority, String challenge, Terminal terminal)
            throws IOException, InterruptedException {
        if (secret.isPresent() && client.isEmpty()) {
            throw new UsageException("`--client-secret-from` goes with `--client-id`");
        }
        if (port < 0 || port > 65_535) {
            throw new UsageException("`--callback-port` is a port");
        }
        Optional<Secret> own = secret.isEmpty() ? Optional.empty() : Optional.of(Options.secret(secret.get()));
        OAuthSignIn.ClientChoice choice =
                UsageException.unless(() -> new OAuthSignIn.ClientChoice(client, own, scopes, port));
        OAuthSignIn.SignedIn signedIn =
                new OAuthSignIn(server, authority, choice, new TerminalPerson(server, terminal)).signIn(challenge);
        if (signedIn.grant().isEmpty()) {
            terminal.problem("warning: `" + server.getHost()
                    + "` gave no refresh token, so its token is stored like any other, and may expire");
        }
        return signedIn;
    }

    /** Shows the person the address, and takes what the person pastes: the browser may be on another machine. */
    private record TerminalPerson(URI server, Terminal terminal) implements OAuthSignIn.Person {

        @Override
        public void open(String host, URI address) {
            terminal.aside("`" + server.getHost() + "` asks for a sign-in at `" + host
                    + "`. Open this address in your browser:\n" + address);
        }

        @Override
        public void paste(Predicate<String> callback) {
            if (terminal.isInteractive()) {
                // It ends with the program: a thread that reads from a terminal cannot be interrupted.
                Thread.ofPlatform().daemon().name("paste").start(() -> {
                    boolean isTaken = false;
                    while (!isTaken) {
                        Optional<String> pasted = terminal.ask(
                                "If the browser then cannot open 127.0.0.1, paste the address that it shows");
                        if (pasted.isEmpty()) {
                            return;
                        }
                        isTaken = callback.test(pasted.get());
                        if (!isTaken) {
                            terminal.problem("this is not the address of this sign-in");
                        }
                    }
                });
            }
        }
    }
}
