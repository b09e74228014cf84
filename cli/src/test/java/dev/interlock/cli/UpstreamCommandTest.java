package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.interlock.action.Bytes;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Seal;
import dev.interlock.author.PolicyDirectory;
import dev.interlock.catalog.CallReading;
import dev.interlock.catalog.CatalogView;
import dev.interlock.catalog.Catalogs;
import dev.interlock.config.Config;
import dev.interlock.credentials.Credentials;
import dev.interlock.program.ExitCodes;
import dev.interlock.testing.BuiltIn;
import dev.interlock.testing.TestingCertificate;
import dev.interlock.vault.Vault;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests {@code upstream add}, {@code list} and {@code remove} on a policy that {@code init} has written. */
@Tag("process")
final class UpstreamCommandTest {

    private static final String MODEL_KEY = "sk-ant-api03-" + "Zq8vK2xR7m".repeat(9);

    private static final String TOKEN = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a";

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @TempDir
    private static Path directory;

    @TempDir
    private static Path initial;

    private Path policy;
    private Path token;

    @BeforeAll
    static void init() throws Exception {
        Path key = directory.resolve("made/seal.key");
        Files.createDirectory(directory.resolve("made"));
        assertThat(new ProcessBuilder("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key.toString())
                        .start()
                        .waitFor())
                .isZero();
        Files.createDirectory(directory.resolve("data"));
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
        assertThat(InterlockCommand.run(nowhere, nowhere, TestingInit.command(directory, key + ".pub")))
                .isEqualTo(ExitCodes.OK);
        copy(directory, initial);
    }

    private static void copy(Path from, Path to) throws Exception {
        assertThat(new ProcessBuilder("cp", "-a", from + "/.", to.toString())
                        .start()
                        .waitFor())
                .isZero();
    }

    /** Lays the directory anew, as {@code init} has left it. */
    @BeforeEach
    void begin() throws Exception {
        assertThat(new ProcessBuilder("find", directory.toString(), "-mindepth", "1", "-delete")
                        .start()
                        .waitFor())
                .isZero();
        copy(initial, directory);
        policy = directory.resolve("made/policy");
        token = Files.writeString(directory.resolve("token"), TOKEN + "\n");
    }

    private int interlock(String... arguments) {
        out.reset();
        err.reset();
        return InterlockCommand.run(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                arguments);
    }

    private int add(String... arguments) {
        String[] all = new String[arguments.length + 3];
        System.arraycopy(arguments, 0, all, 3, arguments.length);
        all[0] = "upstream";
        all[1] = "add";
        all[2] = "--config=" + directory.resolve("made/gateway.yaml");
        return interlock(all);
    }

    private int upstream(String... arguments) {
        List<String> all = new ArrayList<>(List.of("upstream"));
        all.addAll(List.of(arguments));
        all.add("--config=" + directory.resolve("made/gateway.yaml"));
        return interlock(all.toArray(String[]::new));
    }

    private String printed() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String said() {
        return err.toString(StandardCharsets.UTF_8);
    }

    private String yaml() throws IOException {
        return Files.readString(policy.resolve("interlock.yaml"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"npm", "pypi", "maven", "crates", "go"})
    void registryNeedsNoToken(String registry) throws Exception {
        String before = yaml();
        assertThat(add(registry)).as(said()).isEqualTo(ExitCodes.OK);
        assertThat(yaml()).contains("  " + registry + ":\n    catalog: " + registry, registry + ":account/self");
        assertThat(yaml().replaceFirst("(?s)(upstreams:\n).*?(  railway:\n)", "$1$2"))
                .as("the rest is as before")
                .isEqualTo(before);
        assertThat(directory.resolve("data/seal.json"))
                .as("sealed with the key beside it")
                .exists();
    }

    /** The addresses that the clients have by themselves. */
    @ParameterizedTest
    @CsvSource({
        "npm, https://registry.npmjs.org/left-pad https://registry.yarnpkg.com/left-pad",
        "pypi, https://pypi.org/simple/six/ https://files.pythonhosted.org/packages/b7/six.whl",
        "crates, https://index.crates.io/config.json https://static.crates.io/crates/serde/1.0.0/download"
                + " https://crates.io/api/v1/crates?q=serde&per_page=10",
        "go, https://proxy.golang.org/cached-only/golang.org/x/text/@v/list https://sum.golang.org/tile/8/0/x003/x456/789"
                + " https://storage.googleapis.com/proxy-golang-org-prod/8e-x.zip?Expires=1&GoogleAccessId=a&Signature=b",
        "maven, https://repo.maven.apache.org/maven2/acme/a/1/a-1.pom https://repo1.maven.org/maven2/acme/a/1/a-1.pom",
    })
    void registrysClientsReadAtTheAddressesThatAreAdded(String registry, String requests) {
        List<UpstreamLines> added = UpstreamLines.of(
                registry, new UpstreamLines.Environments(List.of("staging"), List.of("production")), Map.of());
        for (String request : requests.split(" ")) {
            UpstreamLines upstream = added.stream()
                    .filter(one -> request.startsWith(one.address() + "/"))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError(request));
            String[] target = request.substring(upstream.address().length()).split("\\?", 2);
            List<HttpCall.Parameter> query = Stream.of(target)
                    .skip(1)
                    .flatMap(all -> Stream.of(all.split("&")))
                    .map(one -> one.split("=", 2))
                    .map(one -> new HttpCall.Parameter(one[0], one[1]))
                    .toList();
            CallReading read = BuiltIn.CATALOGS
                    .find(registry)
                    .orElseThrow()
                    .read(new HttpCall("GET", "registry", target[0], query, List.of(), Bytes.empty()));
            assertThat(read).as(request).isInstanceOf(CallReading.CallMeaning.class);
            assertThat(((CallReading.CallMeaning) read).actions())
                    .as(request)
                    .allSatisfy(action -> assertThat(action.impacts()).containsExactly(Impact.READ));
        }
    }

    @Test
    void tickIsNoQuestionMarkInTheLocaleC() throws Exception {
        ProcessBuilder adding = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "upstream",
                "add",
                "npm",
                "--config=" + directory.resolve("made/gateway.yaml"));
        adding.environment().put("LC_ALL", "C");
        Process process = adding.start();
        String shown = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(shown).isZero();
        assertThat(shown).contains("\nok sealed: npm").doesNotContain("?", "✓");
    }

    @ParameterizedTest
    @CsvSource({"sk-ant-oat01-, false", "sk-ant-api03-, true"})
    void claudesCredentialIsSentInTheFieldOfItsForm(String start, boolean isKey) throws Exception {
        String secret = start + "a1B2".repeat(24);
        Files.writeString(token, secret + "\n");
        assertThat(add("anthropic", "--token-from=file:" + token)).as(said()).isEqualTo(ExitCodes.OK);
        assertThat(yaml())
                .contains("      anthropic-key: {environments: [staging], impacts: [read]"
                        + (isKey ? ", header: x-api-key}\n" : "}\n"))
                .doesNotContain(secret);
    }

    @Test
    void partOfALoginThatRenewsItIsNotAdded() throws Exception {
        String before = yaml();
        Files.writeString(token, "sk-ant-ort01-" + "a1B2".repeat(24));
        assertThat(add("anthropic", "--token-from=file:" + token)).isEqualTo(ExitCodes.USAGE);
        assertThat(said()).contains("claude setup-token").doesNotContain("a1B2");
        assertThat(yaml()).isEqualTo(before);
    }

    /** Writes the file of a login, as Codex does. */
    private Path login(String name, String tokens) throws IOException {
        Path home = Files.createDirectories(directory.resolve(name));
        return Files.writeString(
                home.resolve("auth.json"),
                "{\n  \"auth_mode\": \"chatgpt\",\n  \"OPENAI_API_KEY\": null,\n  \"tokens\": " + tokens + "\n}\n");
    }

    @Test
    void loginOfChatGptTakesThePlaceOfAKey() throws Exception {
        String tokens = "{\"id_token\": \"i\", \"access_token\": \"a\", \"refresh_token\": \"rt-first\"}";
        Path first = login("first", tokens);
        assertThat(add("openai", "--login=" + first, "--plan")).as(said()).isEqualTo(ExitCodes.OK);
        assertThat(yaml()).doesNotContain("chatgpt.com");
        assertThat(add("openai", "--login=" + first)).as(said()).isEqualTo(ExitCodes.OK);
        assertThat(yaml()).contains("    catalog: openai\n    address: https://chatgpt.com\n");
        assertThat(yaml() + printed() + said()).doesNotContain("rt-first");
        Vault vault = Credentials.vault(Config.read(directory.resolve("made/gateway.yaml")));
        assertThat(vault.grantOf("openai-key")).contains("openai");

        assertThat(upstream("renew", "openai")).isEqualTo(ExitCodes.USAGE);
        assertThat(said()).contains("codex login", "--login FILE");
        Path second = login("second", tokens.replace("first", "second"));
        assertThat(upstream("renew", "openai", "--login=" + second)).as(said()).isEqualTo(ExitCodes.OK);
        assertThat(upstream("renew", "railway", "--login=" + second)).isEqualTo(ExitCodes.USAGE);
        assertThat(add("anthropic", "--login=" + second)).isEqualTo(ExitCodes.USAGE);
        assertThat(said()).contains("`--login` is for openai");
        assertThat(add("mcp", "--login=" + second, "--name=notes", "https://mcp.example.com/mcp"))
                .isEqualTo(ExitCodes.USAGE);
    }

    @ParameterizedTest
    @CsvSource({
        ".codex, '{\"refresh_token\": \"rt-secret\"}', is the login of Codex outside",
        "login, 'null', holds no login of ChatGPT",
        "login, '{\"access_token\": \"rt-secret\"}', holds no login of ChatGPT",
        "login, '{\"refresh_token\": 5}', holds no login of ChatGPT",
        "login, 'rt-secret', holds no login of ChatGPT",
    })
    void whatIsNoLoginOfItsOwnIsRefused(String name, String tokens, String reason) throws Exception {
        String before = yaml();
        assertThat(add("openai", "--login=" + login(name, tokens))).isNotEqualTo(ExitCodes.OK);
        assertThat(said()).contains(reason).doesNotContain("rt-secret");
        assertThat(yaml()).isEqualTo(before);
    }

    /** Each call would fail with the provider's 401, and nobody would look for the cause in the vault. */
    @ParameterizedTest
    @ValueSource(strings = {"anthropic", "openai", "gemini"})
    void textThatIsNoKeyOfTheModelIsNeitherStoredNorSealed(String model) throws Exception {
        String before = yaml();
        assertThat(add(model, "--token-from=file:" + token)).isEqualTo(ExitCodes.USAGE);
        assertThat(said())
                .contains("no key of " + model, "an API key begins with `")
                .doesNotContain(TOKEN);
        assertThat(yaml()).isEqualTo(before);
        assertThat(directory.resolve("data/seal.json")).doesNotExist();
        assertThat(directory.resolve("data/vault")).doesNotExist();
    }

    @ParameterizedTest
    @CsvSource({"anthropic, sk-ant-api03-", "openai, sk-proj-", "gemini, AQ."})
    void modelGetsItsKey(String model, String start) throws Exception {
        Files.writeString(token, start + "a1B2".repeat(24));
        assertThat(add(model, "--token-from=file:" + token)).as(said()).isEqualTo(ExitCodes.OK);
        assertThat(yaml()).contains("  " + model + ":\n").doesNotContain("a1B2");
        assertThat(interlock("vault", "list", "--config=" + directory.resolve("made/gateway.yaml")))
                .isEqualTo(ExitCodes.OK);
        assertThat(out.toString(StandardCharsets.UTF_8)).contains(model + "-key");
        assertThat(add(model, "--token-from=file:" + token)).isEqualTo(ExitCodes.USAGE);
        assertThat(said()).contains("an upstream `" + model + "` already");

        Files.writeString(token, TOKEN);
        assertThat(interlock(
                        "vault",
                        "put",
                        model + "-key",
                        "--from=file:" + token,
                        "--config=" + directory.resolve("made/gateway.yaml")))
                .as("a key of something else")
                .isEqualTo(ExitCodes.USAGE);
        assertThat(said()).contains("no key of " + model, "nothing was stored").doesNotContain(TOKEN);
    }

    @Test
    void repositoriesAreProtectedUnlessNamed() throws Exception {
        TestingCertificate own = TestingCertificate.forName("localhost");
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(own.serving()));
        server.createContext("/user/repos", exchange -> {
            boolean known =
                    ("Bearer " + TOKEN).equals(exchange.getRequestHeaders().getFirst("authorization"));
            byte[] body = """
                    [{"full_name":"acme/shop","name":"shop","owner":{"login":"acme"},"permissions":{"push":true}},
                     {"full_name":"acme/prod","name":"prod","owner":{"login":"acme"},"permissions":{"push":true}},
                     {"full_name":"else/where","name":"where","owner":{"login":"else"},"permissions":{"push":false}}]
                    """.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(known ? 200 : 401, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        try {
            Path authority = Files.writeString(directory.resolve("ca.pem"), own.pem());
            String address = "--github=https://localhost:" + server.getAddress().getPort();
            String before = yaml();
            String from = "--token-from=file:" + token;
            assertThat(add("github", from, address, "--ca=" + authority, "--unprotected=acme/nowhere"))
                    .isEqualTo(ExitCodes.USAGE);
            assertThat(said())
                    .contains("may not change acme/nowhere", "acme/shop")
                    .doesNotContain(TOKEN);

            String open = "--unprotected=acme/shop";
            assertThat(add("github", from, address, "--ca=" + authority, open, "--plan"))
                    .as(said())
                    .isEqualTo(ExitCodes.OK);
            assertThat(out.toString(StandardCharsets.UTF_8))
                    .contains("\"github:repo/acme/shop\": {environments: [staging]}")
                    .contains("\"github:repo/acme/prod\": {environments: [production]}")
                    .doesNotContain("where", TOKEN);
            assertThat(yaml()).isEqualTo(before);

            assertThat(add("github", from, address, "--ca=" + authority, open))
                    .as(said())
                    .isEqualTo(ExitCodes.OK);
            assertThat(PolicyDirectory.load(policy, CatalogView.facts()))
                    .isInstanceOfSatisfying(
                            PolicyDirectory.LoadResult.SoundDirectory.class,
                            sound -> assertThat(sound.directory().draft().upstreams())
                                    .containsOnlyKeys("railway", "github", "github-git", "github-uploads"));
            assertThat(yaml().split("    ca: \\|\n      -----BEGIN CERTIFICATE-----\n", -1))
                    .as("the gateway trusts the authority for all, too")
                    .hasSize(4);
            assertThat(interlock("vault", "list", "--config=" + directory.resolve("made/gateway.yaml")))
                    .isEqualTo(ExitCodes.OK);
            assertThat(out.toString(StandardCharsets.UTF_8))
                    .contains("github-work", "github-protected-confirmed", "github-git-work", "github-git-look");

            assertThat(policy.resolve("github.cedar"))
                    .as("as if the policy had begun with GitHub")
                    .content()
                    .contains("github/get_job_logs", "github/git/get-blob", "Environment::\"production\"");

            String both = yaml();
            assertThat(upstream("remove", "github")).as(said()).isEqualTo(ExitCodes.OK);
            assertThat(policy.resolve("github.cedar"))
                    .as("the other upstream needs it")
                    .exists();
            assertThat(said())
                    .contains("the vault keeps github-confirmed, github-look,", "revoke them at the provider");
            String rules = Files.readString(policy.resolve("github.cedar"));
            assertThat(upstream("remove", "github-git")).as(said()).isEqualTo(ExitCodes.OK);
            assertThat(upstream("remove", "github-uploads")).as(said()).isEqualTo(ExitCodes.OK);
            assertThat(policy.resolve("github.cedar")).doesNotExist();
            assertThat(yaml()).isEqualTo(before);
            Files.writeString(policy.resolve("github.cedar"), rules);
            Files.writeString(policy.resolve("interlock.yaml"), both);
            for (List<String> named : List.of(
                    List.of("github-mcp"),
                    List.of("mcp", "https://api.githubcopilot.com/mcp/x/repos", "--name=github-mcp"))) {
                List<String> command = new ArrayList<>(named);
                command.addAll(List.of(from, address, "--ca=" + authority));
                assertThat(add(command.toArray(String[]::new))).as(said()).isEqualTo(ExitCodes.OK);
                Seal.Upstream added = Objects.requireNonNull(
                        ((PolicyDirectory.LoadResult.SoundDirectory) PolicyDirectory.load(policy, CatalogView.facts()))
                                .directory()
                                .draft()
                                .upstreams()
                                .get("github-mcp"));
                assertThat(added.catalog()).isEqualTo("github");
                assertThat(added.address()).hasToString("https://api.githubcopilot.com");
                assertThat(added.resources().values())
                        .as("a repository is in the same environment as by the API")
                        .extracting(place -> place.resource() + " " + place.environments())
                        .containsExactlyInAnyOrder(
                                "github:mcp/self [staging]",
                                "github:repo/acme/shop [staging]",
                                "github:repo/acme/prod [production]");
                assertThat(policy.resolve("catalogs")).as("it needs none").doesNotExist();
                Files.writeString(policy.resolve("interlock.yaml"), both);
            }
            assertThat(add("mcp", "https://api.githubcopilot.com/mcp/", "--name=other", from))
                    .isEqualTo(ExitCodes.USAGE);

            Files.writeString(token, "ghp_" + "0".repeat(36));
            Files.writeString(policy.resolve("interlock.yaml"), before);
            Files.delete(policy.resolve("github.cedar"));
            assertThat(add("github", from, address, "--ca=" + authority)).isEqualTo(ExitCodes.DATA);
            assertThat(said()).contains("GitHub does not accept this token");
        } finally {
            server.stop(0);
        }
    }

    /** What nobody names stays protected. */
    @ParameterizedTest
    @CsvSource({
        "hetzner, server/4711, https://api.hetzner.cloud",
        "neon, project/quiet-leaf, https://console.neon.tech",
        "supabase, project/abcdefghijklmnopqrst, https://api.supabase.com"
    })
    void apiIsAddedWithWhatAgentsMayWorkIn(String provider, String open, String address) throws Exception {
        assertThat(add(provider, "--token-from=file:" + token, "--unprotected=" + open))
                .as(said())
                .isEqualTo(ExitCodes.OK);
        Seal.Upstream added = added(provider);
        assertThat(added.address()).hasToString(address);
        assertThat(added.resources().values())
                .extracting(place -> place.resource() + " " + place.environments())
                .containsExactly(provider + ":" + open + " [staging]");
        assertThat(printed()).contains("✓ sealed: " + provider).doesNotContain(TOKEN);
        assertThat(upstream("remove", provider)).as(said()).isEqualTo(ExitCodes.OK);
        assertThat(add(provider, "--token-from=file:" + token, "--unprotected=mystery/1"))
                .as("a type that the provider does not have")
                .isEqualTo(ExitCodes.USAGE);
        assertThat(said()).contains(open.substring(0, open.indexOf('/')));
    }

    private Seal.Upstream added(String name) throws IOException {
        return Objects.requireNonNull(
                ((PolicyDirectory.LoadResult.SoundDirectory) PolicyDirectory.load(policy, CatalogView.facts()))
                        .directory()
                        .draft()
                        .upstreams()
                        .get(name));
    }

    @Test
    void railwaysEnvironmentsArePlacedByTheirNames() throws Exception {
        TestingCertificate own = TestingCertificate.forName("localhost");
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(own.serving()));
        server.createContext("/graphql/v2", exchange -> {
            byte[] body = """
                    {"data":{"projects":{"edges":[{"node":{"name":"shop","environments":{"edges":[
                      {"node":{"id":"e-1","name":"production"}},{"node":{"id":"e-2","name":"staging"}},
                      {"node":{"id":"e-3","name":"blue"}}]}}},{"node":{"name":"shop","environments":{"edges":[
                      {"node":{"id":"e-4","name":"blue"}}]}}}],"pageInfo":{"hasNextPage":false}}}}
                    """.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        try {
            Path authority = Files.writeString(directory.resolve("ca.pem"), own.pem());
            String[] given = {
                "railway",
                "--name=rails",
                "--token-from=file:" + token,
                "--ca=" + authority,
                "--address=https://localhost:" + server.getAddress().getPort(),
                "--unprotected=shop/blue"
            };
            assertThat(add(given)).isEqualTo(ExitCodes.USAGE);
            assertThat(said()).contains("name the right one as railway:environment/e-3 or railway:environment/e-4");
            given[5] = "--unprotected=railway:environment/e-3";
            assertThat(add(given)).as(said()).isEqualTo(ExitCodes.OK);
            assertThat(added("rails").resources().values())
                    .extracting(place -> place.resource() + " " + place.environments())
                    .containsExactlyInAnyOrder(
                            "railway:environment/e-1 [production]",
                            "railway:environment/e-2 [staging]",
                            "railway:environment/e-3 [staging]",
                            "railway:environment/e-4 [production]");
        } finally {
            server.stop(0);
        }
    }

    @Test
    void hostOfRepositoriesAndModelElsewhereAreAddedByTheirAddress() throws Exception {
        String from = "--token-from=file:" + token;
        assertThat(add("git", "--name=forge", from)).isEqualTo(ExitCodes.USAGE);
        assertThat(said()).contains("--address");
        assertThat(add("git", "--address=https://git.example.com", "--name=forge", from, "--unprotected=acme/shop"))
                .as(said())
                .isEqualTo(ExitCodes.OK);
        assertThat(added("forge").catalog()).isEqualTo("git");
        assertThat(yaml()).contains("resources: {\"git:repo/acme/shop\": {environments: [staging]}}");

        assertThat(add("openai", "--address=https://models.example.com", "--name=own", from))
                .as("a key of another form")
                .isEqualTo(ExitCodes.OK);
        assertThat(added("own").credentials()).hasSize(1);
        assertThat(add("openai", "--address=http://127.0.0.1:11434", "--name=here"))
                .isEqualTo(ExitCodes.OK);
        assertThat(added("here").credentials()).as("a model that needs no key").isEmpty();
    }

    /** Each command of the answer names the address, so that it can be pasted. */
    @Test
    void plainAddressIsAskedWhatAnswersThere() {
        assertThat(add("https://api.example.com")).isEqualTo(ExitCodes.USAGE);
        assertThat(said())
                .contains(
                        "upstream add openapi FILE --address https://api.example.com",
                        "upstream add mcp https://api.example.com",
                        "upstream add git --address https://api.example.com",
                        "upstream add openai --address https://api.example.com");
    }

    @Test
    void policyThatWouldBeWrongStaysAsItIs() throws Exception {
        assertThat(add("mystery")).isEqualTo(ExitCodes.USAGE);
        assertThat(said()).contains("`mystery` is not one of", "upstream add openapi");

        Files.writeString(policy.resolve("interlock.yaml"), yaml().replace("upstreams:\n", "upstreams: # ours\n"));
        String before = yaml();
        assertThat(add("npm")).isEqualTo(ExitCodes.DATA);
        assertThat(said()).contains("has no line `upstreams:`");
        assertThat(yaml()).isEqualTo(before);
    }

    @Test
    void nothingIsLeftIfTheVaultFails() throws Exception {
        Path vault = Config.read(directory.resolve("made/gateway.yaml")).vault();
        Files.createDirectories(vault.resolveSibling(""));
        Files.writeString(vault, "not a vault");
        Files.writeString(token, MODEL_KEY);
        String before = yaml();
        assertThat(add("anthropic", "--token-from=file:" + token)).isNotEqualTo(ExitCodes.OK);
        assertThat(said()).doesNotContain(MODEL_KEY);
        assertThat(yaml()).isEqualTo(before);
        assertThat(directory.resolve("data/seal.json")).doesNotExist();
    }

    /** Somebody may be in the middle of an edit: only who made it says that it is to count. */
    @Test
    void otherChangesAreNotSealed() throws Exception {
        assertThat(add("npm")).as(said()).isEqualTo(ExitCodes.OK);
        byte[] sealed = Files.readAllBytes(directory.resolve("data/seal.json"));
        String edited = yaml().replace("at-most: 300", "at-most: 200");
        assertThat(edited).isNotEqualTo(yaml());
        Files.writeString(policy.resolve("interlock.yaml"), edited);
        assertThat(add("pypi")).as(said()).isEqualTo(ExitCodes.OK);
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("the policy has other changes since the last seal");
        assertThat(yaml()).contains("  pypi:\n");
        assertThat(directory.resolve("data/seal.json")).hasBinaryContent(sealed);
    }

    @Test
    void whatWasAddedIsRemovedAndTheRestStays() throws Exception {
        Files.writeString(
                policy.resolve("interlock.yaml"), yaml().replace("upstreams:\n", "upstreams:\n  # Ours alone.\n"));
        String before = yaml();
        assertThat(add("npm")).as(said()).isEqualTo(ExitCodes.OK);
        String added = yaml();
        byte[] sealed = Files.readAllBytes(directory.resolve("data/seal.json"));
        assertThat(upstream("remove", "npm", "--plan")).as(said()).isEqualTo(ExitCodes.OK);
        assertThat(printed()).contains("-   npm:\n-     catalog: npm\n").doesNotContain("railway");
        assertThat(yaml()).isEqualTo(added);

        assertThat(upstream("remove", "npm")).as(said()).isEqualTo(ExitCodes.OK);
        assertThat(printed()).contains("✓ sealed without npm");
        assertThat(said())
                .contains("of the same catalog, the policy still has npm-2: interlock upstream remove NAME")
                .doesNotContain("the vault keeps", "still names it");
        assertThat(upstream("remove", "npm-2")).as(said()).isEqualTo(ExitCodes.OK);
        assertThat(yaml()).isEqualTo(before);
        assertThat(Files.readAllBytes(directory.resolve("data/seal.json"))).isNotEqualTo(sealed);
        assertThat(upstream("remove", "npm")).isEqualTo(ExitCodes.USAGE);
        assertThat(said()).contains("no upstream `npm`; it has railway");
    }

    @Test
    void anUpstreamThatRulesNameIsNotRemoved() throws Exception {
        String before = yaml();
        assertThat(upstream("remove", "railway")).isEqualTo(ExitCodes.DATA);
        assertThat(said())
                .contains("there is no operation `railway/", "nothing was changed. First take out what needs it");
        assertThat(yaml()).isEqualTo(before);
    }

    @Test
    void removalNamesTheCredentialsAndRulesThatAreLeft() throws Exception {
        Files.writeString(token, MODEL_KEY);
        assertThat(add("anthropic", "--token-from=file:" + token)).as(said()).isEqualTo(ExitCodes.OK);
        Files.writeString(policy.resolve("more.test.yaml"), """
                tests:
                  - name: models answer
                    given: {agent: ann/agent, task: work}
                    when:
                      {operation: anthropic/ask, impacts: [read], resource: "x:y/z", environments: [staging]}
                    expect: permit
                """);
        assertThat(upstream("remove", "anthropic")).as(said()).isEqualTo(ExitCodes.OK);
        assertThat(said())
                .contains("the vault keeps anthropic-key: revoke", "interlock vault remove NAME --config")
                .contains("still names it in more.test.yaml:5: remove");
        assertThat(printed()).contains("✓ sealed without anthropic");
    }

    /** Only the catalog that was written for it goes with it. */
    @Test
    void anOwnCatalogIsRemovedOnlyIfItWasWrittenForTheUpstream() throws Exception {
        String before = yaml();
        for (String first : List.of("", UpstreamAddCommand.WRITTEN + "mcp`, by hand.\n")) {
            Files.createDirectories(policy.resolve("catalogs"));
            Path catalog = policy.resolve("catalogs/notes.yaml");
            Files.writeString(catalog, first + Catalogs.example("mcp"));
            Files.writeString(
                    policy.resolve("interlock.yaml"),
                    before.replace(
                            "upstreams:\n",
                            "upstreams:\n  notes:\n    catalog: notes\n    address: https://localhost:2\n"
                                    + "    credentials: {}\n"));
            assertThat(upstream("remove", "notes", "--json")).as(said()).isEqualTo(ExitCodes.OK);
            assertThat(yaml()).isEqualTo(before);
            assertThat(Files.exists(catalog)).isEqualTo(first.isEmpty());
            assertThat(printed()).contains(first.isEmpty() ? "\"files\":[]" : "\"files\":[\"catalogs/notes.yaml\"]");
        }
    }

    @Test
    void theListShowsKindAddressEnvironmentsAndEmptyCredentials() throws Exception {
        Files.writeString(token, MODEL_KEY);
        assertThat(add("anthropic", "--token-from=file:" + token)).as(said()).isEqualTo(ExitCodes.OK);
        assertThat(upstream("list")).as(said()).isEqualTo(ExitCodes.OK);
        assertThat(printed())
                .containsPattern("anthropic +REST +https://api.anthropic.com +staging +anthropic-key\n")
                .containsPattern(
                        "railway +GraphQL +https://localhost:1 +production, staging +railway-confirmed \\(empty\\),");
        assertThat(said())
                .contains("interlock vault put railway-confirmed --config")
                .doesNotContain("not in force");
        Files.writeString(policy.resolve("interlock.yaml"), yaml().replace("  anthropic:\n", "  claude:\n"));
        assertThat(upstream("list")).as(said()).isEqualTo(ExitCodes.OK);
        assertThat(said()).contains("not in force yet: claude", "though the policy has them no more: anthropic");
        assertThat(upstream("list", "--json")).isEqualTo(ExitCodes.OK);
        assertThat(printed())
                .contains("\"credentials\":[{\"name\":\"anthropic-key\",\"stored\":true}]", "\"sealed\":false")
                .doesNotContain(TOKEN);
    }

    /** A server that runs tools as tasks says so twice: in general, and of each tool. */
    @Test
    void toolsThatRunAsTasksAreProposedIfTheServerHasTasks() throws Exception {
        for (boolean hasTasks : new boolean[] {true, false}) {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/mcp", exchange -> {
                String asked = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
                String result = asked.contains("tools/list")
                        ? """
                          {"tools": [
                           {"name": "get_report", "inputSchema": {"type": "object"}, "execution": {"taskSupport": "optional"}},
                           {"name": "create_note", "inputSchema": {"type": "object"}, "execution": {"taskSupport": "forbidden"}},
                           {"name": "create_report", "inputSchema": {"type": "object"}, "execution": {"taskSupport": "required"}}]}"""
                        : """
                          {"protocolVersion": "2025-11-25", "serverInfo": {"name": "n", "version": "1"},
                           "capabilities": {"tools": {}%s}}""".formatted(hasTasks ? ", \"tasks\": {\"requests\": {\"tools\": {\"call\": {}}}}" : "");
                byte[] body = ("{\"jsonrpc\": \"2.0\", \"id\": " + (asked.contains("tools/list") ? 2 : 1)
                                + ", \"result\": " + result + "}")
                        .getBytes(StandardCharsets.UTF_8);
                exchange.getResponseHeaders().add("content-type", "application/json");
                exchange.sendResponseHeaders(200, body.length);
                exchange.getResponseBody().write(body);
                exchange.close();
            });
            server.start();
            try {
                String address = "http://127.0.0.1:" + server.getAddress().getPort() + "/mcp";
                assertThat(add("mcp", address, "--name=notes")).as(said()).isEqualTo(ExitCodes.OK);
                Path catalog = policy.resolve("catalogs/notes.yaml");
                String text = Files.readString(catalog);
                if (hasTasks) {
                    assertThat(text).contains("\ntasks: [\"get_report\", \"create_report\"]\n");
                    assertThat(printed()).contains("get_report: reads; may run as a task\n");
                    Files.writeString(catalog, text.replaceFirst("\ntasks: .*\n", "\n"));
                    assertThat(upstream("renew", "notes")).as(said()).isEqualTo(ExitCodes.OK);
                    assertThat(printed())
                            .contains(
                                    "may also run as tasks: create_report, get_report; list those", "nothing to write");
                } else {
                    assertThat(text).doesNotContain("tasks:");
                }
                assertThat(upstream("remove", "notes")).as(said()).isEqualTo(ExitCodes.OK);
                assertThat(catalog).doesNotExist();
            } finally {
                server.stop(0);
            }
        }
    }

    /** Things are placed where agents may work; the catalog is not in force before somebody has read it. */
    @Test
    void anApiIsAddedByItsDescription() throws Exception {
        Path file = Files.writeString(directory.resolve("shop.yaml"), """
            openapi: 3.1.0
            servers: [{url: "https://api.shop.example/v1"}]
            components: {securitySchemes: {key: {type: apiKey, in: header, name: X-Api-Key}}}
            paths:
              /orders: {get: {operationId: listOrders}}
              /orders/{id}: {delete: {operationId: deleteOrder}}
            """);
        String from = "--token-from=file:" + token;
        assertThat(add("openapi", file.toString(), "--name=shop", from))
                .as(said())
                .isEqualTo(ExitCodes.OK);
        assertThat(printed())
                .contains(
                        "  listOrders: reads\n",
                        "  deleteOrder: asked: something may be lost (its method is DELETE)\n");
        assertThat(said()).contains("2 operations: 1 pass, 1 asked about, 0 refused");
        Path catalog = policy.resolve("catalogs/shop.yaml");
        assertThat(interlock("catalog", "lint", catalog.toString())).as(said()).isEqualTo(ExitCodes.OK);
        assertThat(Files.readString(policy.resolve("interlock.yaml")))
                .contains(
                        "address: https://api.shop.example/v1",
                        "shop-work: {environments: [staging], impacts: [read, write], header: x-api-key}",
                        "\"shop:order/*\": {environments: [staging]}");
        assertThat(upstream("remove", "shop")).as(said()).isEqualTo(ExitCodes.OK);
        assertThat(catalog).doesNotExist();
    }

    @Test
    void failedSealIsAFailure(@TempDir Path elsewhere) throws Exception {
        Path stranger = elsewhere.resolve("stranger");
        assertThat(new ProcessBuilder("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", stranger.toString())
                        .start()
                        .waitFor())
                .isZero();
        assertThat(add("npm", "--key=" + stranger)).isEqualTo(ExitCodes.NO);
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("sealing failed", "interlock seal --key KEY");
        begin();
        // As a quorum of two seals; here the one key is enough.
        assertThat(add("npm", "--key=" + stranger, "--key=" + directory.resolve("made/seal.key")))
                .isEqualTo(ExitCodes.OK);
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("✓ sealed: npm");
    }

    /** Otherwise the program, which does not start, answers with a status that says nothing. */
    @Test
    void theAgentAndTheTaskOfAProgramAreKnown() {
        assertThat(add("mcp", "--name=files", "--agent=ann/agnet", "--", "true"))
                .isEqualTo(ExitCodes.USAGE);
        assertThat(err.toString(StandardCharsets.UTF_8))
                .contains("there is no agent `ann/agnet`; the nearest is `ann/agent`.")
                .contains("`interlock agent enrol ann/agnet --owner PERSON`");
        assertThat(add("mcp", "--name=files", "--task=wrok", "--", "true")).isEqualTo(ExitCodes.USAGE);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("the nearest is `work`.", "below `tasks`");
    }
}
