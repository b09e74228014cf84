package dev.interlock.action;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.shapes.CredentialKinds;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests which names of files count as those of secrets, and which are ordinary work. */
class SecretFilesTest {

    private static final List<String> SECRET = words("""
        .env apps/web/.env .env.local .env.production .env.production.local .env.test .env-prod .env_staging
        docker/prod.env .envrc .dev.vars .rbenv-vars infra/prod.tfvars infra/prod.auto.tfvars.json
        terraform.tfstate infra/terraform.tfstate.backup infra/default.tfstate release.tfplan .terraformrc
        .git-credentials .config/git/credentials .netrc _netrc .pgpass pgpass.conf .my.cnf .mylogin.cnf .npmrc
        .pypirc .htpasswd conf/site.htpasswd .dockercfg .docker/config.json .kube/config kubeconfig
        kubeconfig-prod.yaml clusters/prod.kubeconfig etc/kubernetes/admin.conf .config/gh/hosts.yml
        application_default_credentials.json .config/gcloud/credentials.db adc.json .aws/credentials
        .aws/sso/cache/0a.json .azure/msal_token_cache.json .cargo/credentials .cargo/credentials.toml
        .gem/credentials .vault-token .claude/.credentials.json .codex/auth.json .gemini/oauth_creds.json
        .local/share/opencode/auth.json .composer/auth.json .config/composer/auth.json .supabase/access-token
        .huggingface/token .kaggle/kaggle.json .railway/config.json .fly/config.yml .terraform.d/credentials.tfrc.json
        .ssh/id_ed25519 .ssh/work .ssh/id_rsa deploy/id_rsa_deploy travis_rsa etc/ssh/ssh_host_ed25519_key
        server.pem config/tls/server.key AuthKey_0A.p8 cert.p12 app.pfx release.jks android/app/upload.keystore
        vault.kdbx putty.ppk client.ovpn http.keytab config/master.key config/credentials/production.key
        service-account.json gcp/service_account_prod.json acme-firebase-adminsdk-0a1b.json client_secret_0.json
        credentials.json aws-credentials.csv config/secrets.yml secrets.prod.yaml .streamlit/secrets.toml
        secret.json k8s/secret.yaml wp-config.php app/etc/env.php config/local_settings.py
        android/key.properties .bash_history .psql_history /proc/self/environ /proc/1/environ
        /proc/self/fd/3 /run/secrets/db /etc/shadow /var/run/secrets/kubernetes.io/serviceaccount/token
        .gnupg/secring.gpg passwords.csv cookies.txt .m2/settings.xml .gradle/gradle.properties\
        """);

    private static final List<String> ORDINARY = words("""
        README.md LICENSE package.json package-lock.json pnpm-lock.yaml go.mod go.sum Cargo.toml Cargo.lock
        pyproject.toml requirements.txt setup.cfg tox.ini pom.xml build.gradle.kts gradle.properties Makefile
        Dockerfile docker-compose.yml .dockerignore .gitignore .gitattributes .editorconfig .nvmrc .tool-versions
        .prettierrc.json .eslintrc.cjs tsconfig.json vite.config.ts next.config.mjs jest.config.js turbo.json
        .github/workflows/ci.yml .github/dependabot.yml .yarnrc.yml .pre-commit-config.yaml .sops.yaml
        .env.example .env.sample .env.template .env.dist .env.defaults .env.local.example apps/api/.env.example
        example.env sample.env .envrc.example env.example .env.schema .dev.vars.example
        terraform.tfvars.example prod.tfvars.sample credentials.example.json secrets.example.yml
        config/secrets.yml.dist local_settings.py.example wp-config-sample.php config/credentials.yml.enc
        src/environment.ts src/env.ts src/env.d.ts src/env.mjs config/environments/production.rb environment.yml
        src/keyboard.js src/keys.ts keymap.json monkey.go turkey.csv hotkeys.md hockey.key.md public.key.ts
        src/credentials.ts lib/credentials.rb credentials.service.ts CredentialsProvider.java test_credentials.py
        src/secrets.test.ts secrets.ts secrets.go pkg/secret/secret.go SecretManager.kt docs/secrets.md
        docs/credentials.md secrets_test.py charts/app/templates/secret.yaml templates/secrets.yaml
        src/token.ts tokens.json tokenizer.json tokenizer_config.json design-tokens.json token_test.go
        password.go PasswordReset.vue locales/en/auth.json locales/de/password.json config.json config/config.exs
        src/config.rs settings.json appsettings.json config/database.yml application.properties .vscode/settings.json
        main.tf variables.tf outputs.tf terraform.lock.hcl .terraform.lock.hcl versions.tf
        .ssh/id_ed25519.pub id_rsa.pub .ssh/known_hosts .ssh/config authorized_keys certifi/cacert.pem
        src/pem.rs rsa.go rsa_test.go ssh/keygen.c ecdsa.py hosts.yml inventory/hosts.yml google-services.json
        auth.json.md sftp.ts netrc.py test/netrc_test.go kubeconfig.go htpasswd.rb env .envoy.yaml envoy.yaml
        vite-env.d.ts docs/environment.md HEAD:README.md HEAD: main:src/app.ts src/ .\
        """);

    private static List<String> words(String text) {
        return List.of(text.strip().split("\\s+", -1));
    }

    @Test
    void filesThatHoldSecretsAreKnownByName() {
        assertThat(SECRET).hasSizeGreaterThan(80).allMatch(SecretFiles::contains);
    }

    @Test
    void ordinaryFilesAreNone() {
        assertThat(ORDINARY).hasSizeGreaterThan(100).noneMatch(SecretFiles::contains);
    }

    @Test
    void neitherCaseNorPlaceMatters() {
        assertThat(SECRET)
                .allMatch(name -> SecretFiles.contains(name.toUpperCase(Locale.ROOT)))
                .allMatch(name -> SecretFiles.contains("HEAD:a/" + name))
                .allMatch(name -> SecretFiles.contains("C:\\work\\" + name.replace('/', '\\')));
        assertThat(ORDINARY)
                .noneMatch(name -> SecretFiles.contains(name.toUpperCase(Locale.ROOT)))
                .noneMatch(name -> SecretFiles.contains("/srv/app/" + name));
    }

    /** Settings of shells and programs, which hold a secret now and then. */
    private static final Set<String> SELDOM = Set.of(words("""
        .bash_profile .bashrc .profile .zprofile .zshenv .zshrc .config/fish/config.fish .claude/settings.json
        .claude/settings.local.json .codex/config.toml .config/Code/User/settings.json .curlrc .wgetrc .gitconfig
        .yarnrc .yarnrc.yml\
        """).toArray(String[]::new));

    @Test
    void knownPlacesOfCredentialsAreAmongThem() {
        assertThat(CredentialKinds.known().places())
                .filteredOn(place -> !SELDOM.contains(place))
                .hasSizeGreaterThan(40)
                .allMatch(place -> SecretFiles.contains(place.replace('*', 'x')));
    }

    /** What some file system, server or editor opens or writes as another file. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "a/../.env",
                ".env/.",
                "a//.env",
                ".docker/./config.json",
                " .env ",
                ".env.",
                ".env::$DATA",
                "HEAD:.env::$DATA",
                "id_r\u017Fa",
                ".e\u200Bnv",
                "id_rsa~",
                "server.key.bak",
                ".id_rsa.swp",
                "credentials.json.old",
                "#.netrc#",
                ".#server.pem",
            })
    void otherSpellingsAndCopiesCount(String path) {
        assertThat(SecretFiles.contains(path)).isTrue();
    }

    @Test
    void whatIsTooLongToBeANameCounts() {
        assertThat(SecretFiles.contains("a".repeat(300))).isTrue();
        assertThat(SecretFiles.contains("a/".repeat(3_000))).isTrue();
        assertThat(SecretFiles.contains("a" + ":".repeat(20))).isTrue();
        assertThat(SecretFiles.contains("")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "filename:.env",
                "org:acme filename:\".ENV\"",
                "path:**/.env",
                "path:/\\.env$/",
                "repo:acme/shop path:*.pem",
                "extension:tfvars password",
                "ext:.p12",
                "(filename:.netrc OR filename:.pgpass)",
            })
    void aSearchForSuchFilesIsSeen(String query) {
        assertThat(SecretFiles.areSoughtBy(query)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "repo:acme/shop useState",
                "filename:package.json",
                "path:src/env.ts",
                "extension:ts secrets",
                "-filename:.env TODO",
                "filename:.env.example",
            })
    void otherSearchesAreNone(String query) {
        assertThat(SecretFiles.areSoughtBy(query)).isFalse();
    }
}
