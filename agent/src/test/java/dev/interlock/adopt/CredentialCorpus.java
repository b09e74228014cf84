package dev.interlock.adopt;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Files with credentials of public formats, each labelled, and files with mere lookalikes.
 *
 * <p>Everything is generated from a seed: no credential, not even a false one, is in this repository. The formats are
 * written here from the providers' documentation, independently of {@code credentials.yaml}.
 */
final class CredentialCorpus {

    /** @param secrets the only secrets that must be found in {@code text} */
    record LabelledSample(String label, Path name, String text, List<String> secrets) {}

    private static final String DIGITS = "0123456789";
    private static final String HEX = DIGITS + "abcdef";
    private static final String LOWER = "abcdefghijklmnopqrstuvwxyz";
    private static final String UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private static final String ALNUM = DIGITS + LOWER + UPPER;
    private static final String URL64 = ALNUM + "-_";
    private static final String BASE64 = ALNUM + "+/";

    /** A provider's own format. */
    private record Format(String label, String variable, Function<CredentialCorpus, String> made) {}

    /** A usual place of credentials; {@code %1$s} is the variable's name, {@code %2$s} the credential. */
    private record Setting(String name, String around) {}

    private static final List<Format> FORMATS = List.of(
            new Format("railway", "RAILWAY_TOKEN", c -> c.uuid()),
            new Format("aws secret", "AWS_SECRET_ACCESS_KEY", c -> c.of(BASE64, 40)),
            new Format("aws id", "AWS_ACCESS_KEY_ID", c -> "AKIA" + c.of(UPPER + "234567", 16)),
            new Format("google key", "GEMINI_API_KEY", c -> "AIza" + c.of(URL64, 34) + c.of(ALNUM, 1)),
            new Format("google oauth", "GOOGLE_CLIENT_SECRET", c -> "GOCSPX-" + c.of(URL64, 27) + c.of(ALNUM, 1)),
            new Format(
                    "azure",
                    "AZURE_CLIENT_SECRET",
                    c -> c.of(ALNUM, 3) + "8Q~" + c.of(ALNUM + "_.-~", 33) + c.of(ALNUM, 1)),
            new Format("digitalocean", "DO_TOKEN", c -> "dop_v1_" + c.of(HEX, 64)),
            new Format("hetzner", "HCLOUD_TOKEN", c -> c.of(ALNUM, 64)),
            new Format("cloudflare", "CLOUDFLARE_API_TOKEN", c -> c.of(URL64, 39) + c.of(ALNUM, 1)),
            new Format("netlify", "NETLIFY_AUTH", c -> "nfp_" + c.of(ALNUM, 36)),
            new Format("supabase", "SUPABASE_ACCESS", c -> "sbp_" + c.of(HEX, 40)),
            new Format("neon", "NEON", c -> "napi_" + c.of(LOWER + DIGITS, 64)),
            new Format("planetscale", "PSCALE", c -> "pscale_tkn_" + c.of(URL64, 42) + c.of(ALNUM, 1)),
            new Format("databricks", "DBX", c -> "dapi" + c.of(HEX, 32)),
            new Format("doppler", "DOPPLER", c -> "dp.pt." + c.of(ALNUM, 43)),
            new Format("vault", "VAULT", c -> "hvs." + c.of(URL64, 90) + c.of(ALNUM, 1)),
            new Format("terraform", "TFC", c -> c.of(ALNUM, 14) + ".atlasv1." + c.of(ALNUM, 67)),
            new Format("pulumi", "PULUMI", c -> "pul-" + c.of(HEX, 40)),
            new Format("github classic", "GITHUB", c -> "ghp_" + c.of(ALNUM, 36)),
            new Format("github app", "GH", c -> "ghs_" + c.of(ALNUM, 36)),
            new Format("github fine", "GH_PAT", c -> "github_pat_" + c.of(ALNUM, 22) + "_" + c.of(ALNUM, 59)),
            new Format("gitlab", "GITLAB", c -> "glpat-" + c.of(URL64, 19) + c.of(ALNUM, 1)),
            new Format("npm", "NPM", c -> "npm_" + c.of(ALNUM, 36)),
            new Format("pypi", "PYPI", c -> "pypi-AgEIcHlwaS5vcmc" + c.of(URL64, 150) + c.of(ALNUM, 1)),
            new Format("rubygems", "GEM", c -> "rubygems_" + c.of(HEX, 48)),
            new Format("docker", "DOCKERHUB", c -> "dckr_pat_" + c.of(URL64, 26) + c.of(ALNUM, 1)),
            new Format("anthropic", "ANTHROPIC", c -> "sk-ant-api03-" + c.of(URL64, 93) + "AA"),
            new Format(
                    "openai",
                    "OPENAI",
                    c -> "sk-proj-" + c.of(URL64, 74) + "T3BlbkFJ" + c.of(URL64, 73) + c.of(ALNUM, 1)),
            new Format("openai old", "OPENAI", c -> "sk-" + c.of(ALNUM, 20) + "T3BlbkFJ" + c.of(ALNUM, 20)),
            new Format("hugging face", "HF", c -> "hf_" + c.of(LOWER + UPPER, 34)),
            new Format("groq", "GROQ", c -> "gsk_" + c.of(ALNUM, 52)),
            new Format(
                    "slack bot",
                    "SLACK",
                    c -> "xoxb-" + c.of(DIGITS, 12) + "-" + c.of(DIGITS, 13) + "-" + c.of(ALNUM, 24)),
            new Format(
                    "slack app",
                    "SLACK",
                    c -> "xapp-1-A" + c.of(UPPER + DIGITS, 10) + "-" + c.of(DIGITS, 13) + "-" + c.of(HEX, 64)),
            new Format(
                    "slack hook",
                    "HOOK",
                    c -> "https://hooks.slack.com/services/T" + c.of(UPPER + DIGITS, 10) + "/B"
                            + c.of(UPPER + DIGITS, 10) + "/" + c.of(ALNUM, 24)),
            new Format("telegram", "TG", c -> "7" + c.of(DIGITS, 9) + ":AA" + c.of(URL64, 32) + c.of(ALNUM, 1)),
            new Format("stripe", "STRIPE", c -> "sk_live_" + c.of(ALNUM, 99)),
            new Format("stripe hook", "STRIPE_HOOK", c -> "whsec_" + c.of(ALNUM, 32)),
            new Format("shopify", "SHOPIFY", c -> "shpat_" + c.of(HEX, 32)),
            new Format("sendgrid", "SENDGRID", c -> "SG." + c.of(URL64, 22) + "." + c.of(URL64, 42) + c.of(ALNUM, 1)),
            new Format("mailchimp", "MAILCHIMP", c -> c.of(HEX, 32) + "-us14"),
            new Format("linear", "LINEAR", c -> "lin_api_" + c.of(ALNUM, 40)),
            new Format("notion", "NOTION", c -> "ntn_" + c.of(ALNUM, 46)),
            new Format("sentry", "SENTRY", c -> "sntryu_" + c.of(HEX, 64)),
            new Format("grafana", "GRAFANA", c -> "glsa_" + c.of(ALNUM, 32) + "_" + c.of(HEX, 8)),
            new Format("new relic", "NEWRELIC", c -> "NRAK-" + c.of(UPPER + DIGITS, 27)),
            new Format("datadog", "DATADOG_API_KEY", c -> c.of(HEX, 32)),
            new Format("postman", "POSTMAN", c -> "PMAK-" + c.of(HEX, 24) + "-" + c.of(HEX, 34)),
            new Format("age", "AGE", c -> "AGE-SECRET-KEY-1" + c.of("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)),
            new Format(
                    "token of a web session",
                    "JWT",
                    c -> "eyJhbGciOiJIUzI1NiJ9.eyJzdWIi" + c.of(URL64, 60) + "." + c.of(URL64, 42) + c.of(ALNUM, 1)),
            new Format("unnamed", "INTERNAL_API_TOKEN", c -> c.of(ALNUM, 32)),
            new Format(
                    "unnamed password",
                    "DB_PASSWORD",
                    c -> c.of(LOWER, 5) + c.of(DIGITS, 3) + c.of(UPPER, 4) + c.of(DIGITS, 2)),
            new Format("gemini key", "GOOGLE_API_KEY", c -> "AQ.Ab" + c.of(URL64, 47) + c.of(ALNUM, 1)));

    private static final List<Setting> SETTINGS = List.of(
            new Setting(".env", "PORT=3000\n%1$s=%2$s\nDEBUG=1\n"),
            new Setting(".env.production", "# deploy\n%1$s=\"%2$s\"\n"),
            new Setting("deploy.sh", "#!/bin/sh\nset -e\nexport %1$s='%2$s'\n./go\n"),
            new Setting("config.json", "{\n  \"name\": \"shop\",\n  \"%1$s\": \"%2$s\"\n}\n"),
            new Setting("settings.py", "import os\nDEBUG = True\n%1$s = \"%2$s\"\n"),
            new Setting("Main.java", "class Main {\n    static final String %1$s = \"%2$s\";\n}\n"),
            new Setting("compose.yaml", "services:\n  web:\n    environment:\n      %1$s: \"%2$s\"\n"),
            new Setting(
                    ".mcp.json", "{\"mcpServers\": {\"x\": {\"command\": \"npx\", \"env\": {\"%1$s\": \"%2$s\"}}}}"));

    private final Random random;

    CredentialCorpus(long seed) {
        this.random = new Random(seed);
    }

    /** Returns each format in each setting, and the files that have a form of their own. */
    List<LabelledSample> positives() {
        List<LabelledSample> all = new ArrayList<>();
        for (Format format : FORMATS) {
            for (Setting setting : SETTINGS) {
                String secret = format.made().apply(this);
                all.add(new LabelledSample(
                        format.label() + " in " + setting.name(),
                        Path.of(setting.name()),
                        setting.around().formatted(format.variable(), secret),
                        List.of(secret)));
            }
        }
        all.addAll(logins());
        return all;
    }

    private List<LabelledSample> logins() {
        List<LabelledSample> all = new ArrayList<>();
        for (int i = 0; i < SETTINGS.size(); i++) {
            login(all, ".netrc", "machine git.acme.io\n  login ann\n  password %s\n", of(ALNUM, 14));
            login(all, ".pgpass", "db.acme.io:5432:shop:ann:%s\n", of(ALNUM, 12));
            login(all, ".npmrc", "//npm.acme.io/:_authToken=%s\n", of(ALNUM, 40));
            login(all, ".git-credentials", "https://ann:%s@git.acme.io\n", of(ALNUM, 20));
            login(all, ".docker/config.json", "{\"auths\":{\"hub.acme.io\":{\"auth\":\"%s\"}}}", of(ALNUM, 32));
            login(all, ".railway/config.json", "{\"user\":{\"token\":\"%s\"}}", of(URL64, 43));
            login(all, ".kube/config", "users:\n- name: ann\n  user:\n    token: %s\n", of(URL64, 60));
            login(all, ".config/gh/hosts.yml", "github.com:\n    oauth_token: %s\n", of(HEX, 40));
            login(all, ".config/hcloud/cli.toml", "[[contexts]]\nname = \"shop\"\ntoken = \"%s\"\n", of(ALNUM, 64));
            login(all, ".my.cnf", "[client]\nuser=ann\npassword=%s\n", of(ALNUM, 12));
            login(all, ".m2/settings.xml", "<server><id>x</id><password>%s</password></server>", of(ALNUM, 18));
            login(all, ".mcp.json", "{\"command\": \"srv\", \"args\": [\"--api-key\", \"%s\"]}\n", of(ALNUM, 24));
            login(all, ".claude.json", "{\"args\": [\"-v\", \"--auth-token=%s\", \"-x\"]}\n", of(ALNUM, 24));
            login(all, ".pypirc", "[pypi]\nusername = ann\npassword = %s\n", of(ALNUM, 18));
            login(all, ".claude/.credentials.json", "{\"claudeAiOauth\":{\"accessToken\":\"%s\"}}", of(URL64, 100));
            login(all, ".codex/auth.json", "{\"tokens\":{\"refresh_token\":\"%s\"}}", of(URL64, 100));
            login(all, "README.md", "Run `psql postgres://shop:%s@db.acme.io:5432/shop` to look.\n", of(ALNUM, 16));
            login(all, "app.toml", "url = \"mongodb+srv://app:%s@c0.acme.io/shop\"\n", of(ALNUM, 16));
            login(all, ".ssh/id_ed25519", "%s\n", privateKey("OPENSSH PRIVATE KEY"));
            login(all, ".ssh/id_work", "%s\n", openSshKey());
            login(all, "server.pem", "%s\n", privateKey("RSA PRIVATE KEY"));
            login(
                    all,
                    "scripts/renew.sh",
                    "curl -sS https://backboard.railway.com/graphql/v2 \\\n  -H \"Authorization: Bearer %s\" -d @q.json\n",
                    uuid());
            login(
                    all,
                    "scripts/domains.py",
                    "requests.post(URL, headers={'Authorization': 'Bearer %s'})\nURL = 'https://backboard.railway.app/graphql/v2'\n",
                    uuid());
            login(all, "scripts/deploy.http", "POST {{host}}\nProject-Access-Token: %s\n", uuid());
            login(all, ".bash_history", "curl -H 'authorization: bearer %s' https://api.acme.io/\n", of(ALNUM, 40));
            login(
                    all,
                    "sa.json",
                    "{\"type\":\"service_account\",\"private_key\":\"%s\"}",
                    privateKey("PRIVATE KEY").replace("\n", "\\n"));
        }
        return all;
    }

    private static void login(List<LabelledSample> all, String name, String around, String secret) {
        all.add(new LabelledSample(
                "login in " + name, Path.of("/home/ann/" + name), around.formatted(secret), List.of(secret)));
    }

    private String privateKey(String what) {
        StringBuilder key = new StringBuilder("-----BEGIN " + what + "-----\n");
        for (int i = 0; i < 6; i++) {
            key.append(of(BASE64, 64)).append('\n');
        }
        return key.append("-----END ").append(what).append("-----").toString();
    }

    /** Returns a key without a passphrase by PROTOCOL.key: its first fields are the same for all, and full of zeros. */
    private String openSshKey() {
        StringBuilder key = new StringBuilder("-----BEGIN OPENSSH PRIVATE KEY-----\n")
                .append("b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n")
                .append("QyNTUxOQAAACB");
        for (int i = 0; i < 4; i++) {
            key.append(of(BASE64, 62)).append('\n');
        }
        return key.append("-----END OPENSSH PRIVATE KEY-----").toString();
    }

    /** Returns texts that occur in any repository and open nothing, as many as there are positives. */
    List<LabelledSample> negatives(int count) {
        List<Function<Integer, LabelledSample>> kinds = List.of(
                i -> none("package-lock.json", "\"integrity\": \"sha512-" + of(BASE64, 86) + "==\",\n"),
                i -> none("Cargo.lock", "checksum = \"" + of(HEX, 64) + "\"\n"),
                i -> none("go.sum", "example.org/x v1.2.3 h1:" + of(BASE64, 43) + "=\n"),
                i -> none("log.txt", "commit " + of(HEX, 40) + "\nMerge: " + of(HEX, 7) + " " + of(HEX, 7) + "\n"),
                i -> none("model.json", "{\"id\": \"" + uuid() + "\", \"parent\": \"" + uuid() + "\"}\n"),
                i -> none("index.html", "<img src=\"data:image/png;base64," + of(BASE64, 600) + "\">\n"),
                i -> none("app.min.js", "var a=\"" + of(ALNUM, 80) + "\",b=function(t){return t.token||t.password};\n"),
                i -> none(".env.example", "API_TOKEN=your-token-here\nSECRET_KEY=changeme\nDB_PASSWORD=\nKEY=<key>\n"),
                i -> none("README.md", "Set `GITHUB_TOKEN=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx` first.\n"),
                i -> none(
                        "aws.md",
                        "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
                                + "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"),
                i -> none(
                        "Login.java",
                        "String password = request.getParameter(\"password\");\n"
                                + "private static final String TOKEN_HEADER = \"X-Auth-Token\";\n"),
                i -> none("auth.ts", "const token = process.env.API_TOKEN ?? '';\nsetPassword(event.target.value);\n"),
                i -> none("main.tf", "password = var.database_password\ntoken = data.vault_secret.token.value\n"),
                i -> none(
                        "ci.yml", "      GITHUB_TOKEN: ${{ secrets.GITHUB_TOKEN }}\n      password: ${DB_PASSWORD}\n"),
                i -> none(
                        "compose.yaml",
                        "      POSTGRES_PASSWORD_FILE: /run/secrets/pg\n      url: postgres://app@db/shop\n"),
                i -> none(
                        "schema.sql",
                        "password_hash varchar(60) not null,\napi_key_id uuid references api_keys(id),\n"),
                i -> none("id.pub", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5" + of(BASE64, 48) + " ann@acme\n"),
                i -> none(
                        "cert.pem",
                        "-----BEGIN CERTIFICATE-----\n" + of(BASE64, 64) + "\n" + of(BASE64, 64)
                                + "\n-----END CERTIFICATE-----\n"),
                i -> none(
                        "links.md",
                        "https://acme.io/a?page=" + of(DIGITS, 6) + "#" + of(HEX, 12)
                                + " and http://localhost:8080/x and https://user:${PASSWORD}@acme.io/\n"),
                i -> none(
                        "trace.log", "trace_id=" + of(HEX, 32) + " span=" + of(HEX, 16) + " request=" + uuid() + "\n"),
                i -> none("i18n.json", "{\"forgot_password\": \"Forgot your password?\", \"token\": \"Token\"}\n"),
                i -> none("test_auth.py", "client.login(username=\"ann\", password=\"test-password-1\")\n"),
                i -> none(
                        "app.properties",
                        "token.expiry.minutes=30\npassword.policy=strict\nkey.store.path=/etc/keys/k1\n"),
                i -> none(
                        "call.sh",
                        "curl -H \"Authorization: Bearer $TOKEN\" https://api.acme.io/v1/" + of(HEX, 24) + "\n"),
                i -> none(
                        "api.md",
                        "Send `Authorization: Bearer <token>`, as in RFC 6750; a bearer authentication-scheme-2 is none.\n"),
                i -> none("docker.sh", "docker pull acme/shop@sha256:" + of(HEX, 64) + "\n"),
                i -> none("styles.css", ".token-" + of(HEX, 6) + "{color:#" + of(HEX, 6) + "}\n"),
                i -> none("enum.go", "const SecretNameTokenVersion = \"secretNameTokenVersion2\"\n"),
                i -> none("Dockerfile", "ENV SECRET_KEY_BASE_FILE=/run/secrets/key1\nARG NPM_TOKEN\n"),
                i -> none("k8s.yaml", "  secretKeyRef:\n    name: shop-secrets-v2\n    key: api-token\n"));
        return IntStream.range(0, count)
                .mapToObj(i -> kinds.get(i % kinds.size()).apply(i))
                .toList();
    }

    private static LabelledSample none(String name, String text) {
        return new LabelledSample("nothing in " + name, Path.of(name), text, List.of());
    }

    /** Returns ordinary source text of this length, with a credential now and then. */
    String text(int length) {
        StringBuilder text = new StringBuilder(length + 400);
        List<LabelledSample> ordinary = negatives(28 * 8);
        while (text.length() < length) {
            text.append(ordinary.get(random.nextInt(ordinary.size())).text());
            for (int i = 0; i < 12; i++) {
                text.append("    return values.stream().map(value -> value.name()).filter(this::isKnown).toList(); // ")
                        .append(of(LOWER + "     ", 40))
                        .append('\n');
            }
        }
        return text.toString();
    }

    private String uuid() {
        return of(HEX, 8) + "-" + of(HEX, 4) + "-4" + of(HEX, 3) + "-a" + of(HEX, 3) + "-" + of(HEX, 12);
    }

    private String of(String alphabet, int length) {
        StringBuilder text = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            text.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        return text.toString();
    }
}
