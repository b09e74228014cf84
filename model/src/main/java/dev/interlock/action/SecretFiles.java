package dev.interlock.action;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The files that usually hold secrets, by their names: the one list for catalogs, policies, searched answers and
 * workspaces. A name counts in every case, spelling and copy by which a file system may open it.
 */
public final class SecretFiles {

    /** The name of one of them. */
    public static final String EXAMPLE = ".env";

    /** No machine has a longer path, or a longer name in it. */
    private static final int LONGEST_PATH = 4_096;

    private static final int LONGEST_NAME = 255;

    /** A name with more of them is not understood. */
    private static final int MOST_COLONS = 8;

    /** Stands for the endings of files with data. */
    private static final String DATA = "$data";

    private static final List<String> ENDINGS =
            words("json json5 yml yaml toml ini xml env properties cfg conf txt csv db php");

    /** Environments, settings and stores, of which samples without values are published. */
    private static final List<String> SETTINGS = words("""
        .env .env.* .env-* .env_* *.env .envrc .envrc.* .dev.vars .dev.vars.* .rbenv-vars .renviron
        *.tfvars *.tfvars.json *.tfstate *.tfstate.* *.tfplan .terraformrc terraform.rc *.tfrc.json
        wp-config*.php localsettings.php local_settings.py secret_token.rb local.settings.json
        key.properties keystore.properties signing.properties sentry.properties
        credentials .credentials *.credentials *-credentials *_credentials *credentials.$data
        .secrets .secret *.secrets *.secret secret.$data secrets.$data secrets.*.$data *.secrets.$data
        *-secrets.json *_secrets.json *-secrets.toml *_secrets.toml client_secret*.json oauth_creds.json
        token.json token.pickle .token *.token access-token access_token
        password.txt passwords.$data .password .passwords .passwd vault_pass vault_pass.txt vault_password
        vault_password.txt vault-password.txt .vault_pass* .vault-password* .vault-token
        service-account*.json service_account*.json serviceaccount*.json *-service-account.json
        *_service_account.json *firebase-adminsdk*.json adc.json gcp-key*.json gcloud-service-key*.json
        *sa-key.json keyfile.json
        .git-credentials .netrc _netrc .pgpass pgpass.conf .my.cnf .mylogin.cnf .pypirc .npmrc .htpasswd
        *.htpasswd .dockercfg .dockerconfigjson .s3cfg .boto .passwd-s3fs .databrickscfg .sentryclirc .authinfo
        .msmtprc .esmtprc .fetchmailrc .ftpconfig .erlang.cookie .xauthority cookies.txt rclone.conf ngrok.yml
        kaggle.json sftp-config.json sftp.json filezilla.xml recentservers.xml sitemanager.xml
        .claude.json claude_desktop_config.json
        kubeconfig kubeconfig.$data kubeconfig-* *.kubeconfig *-kubeconfig *kubeconfig.yml *kubeconfig.yaml
        .bash_history .zsh_history .sh_history .psql_history .mysql_history .python_history .node_repl_history
        .rediscli_history .dbshell\
        """);

    /** Files of whose names the directory is a part, and keys, of which a sample has another ending. */
    private static final List<String> OTHERS = words("""
        .aws/config .aws/*/cache/*.json .azure/*.json .docker/config.json containers/auth.json .kube/config
        etc/kubernetes/*.conf k3s/k3s.yaml gcloud/access_tokens.db gcloud/legacy_credentials/*/* gh/hosts.yml
        .config/hub github-copilot/*.json glab-cli/config.yml doctl/config.yaml hcloud/cli.toml scw/config.yaml
        configstore/*.json .codex/auth.json opencode/auth.json composer/auth.json .composer/auth.json
        com.vercel.cli/auth.json .cursor/mcp.json code/user/mcp.json .gemini/settings.json .fly/config.yml
        .railway/config.json netlify/config.json .netlify/config.json .wrangler/config/*.toml stripe/config.toml
        huggingface/token huggingface/stored_tokens .huggingface/token .subversion/auth/*/* .oci/config
        .bluemix/config.json .mc/config.json .snowsql/config .snowflake/*.toml .dbt/profiles.yml
        .cloudflared/*.json .config/environment.d/* .config/pip/pip.conf .pip/pip.conf
        .gradle/gradle.properties .m2/settings*.xml .nuget/nuget/nuget.config sops/age/keys.txt
        app/config/parameters.yml app/config/parameters.yaml app/etc/env.php app/etc/local.xml
        sites/*/settings.php sites/*/settings.local.php
        solana/id.json .ssh/* .gnupg/* private-keys-v1.d/* ssl/private/* run/secrets/* serviceaccount/token
        etc/shadow* etc/gshadow*
        proc/*/environ proc/*/cmdline proc/*/mem proc/*/fd/* proc/*/task/*/environ proc/*/task/*/mem
        *.pem *.key *.p8 *.p12 *.pfx *.pkcs12 *.pvk *.jks *.jceks *.keystore *.bks *.kdb *.kdbx *.ppk *.ovpn
        *.keytab *.agekey *.keychain *.keychain-db krb5cc_* id_rsa* id_dsa* id_ecdsa* id_ed25519* *_rsa *_dsa
        *_ecdsa *_ed25519 ssh_host_*_key secring.gpg *accesskeys.csv rootkey.csv key3.db key4.db logins.json
        wallet.dat utc--*\
        """);

    /** Public halves, certificates of authorities, and what is written without values. */
    private static final List<String> HARMLESS = words("""
        id_*.pub .ssh/*.pub .ssh/config .ssh/known_hosts* .ssh/authorized_keys* .gnupg/pubring.* .gnupg/*.conf
        cacert.pem ca-bundle.pem ca-certificates.pem templates/secret.yaml templates/secrets.yaml
        wp-config-sample.php .env.d.ts\
        """);

    private static final Pattern SAMPLE = Pattern.compile("(?:.*[._-])?(?:examples?|samples?|template|tmpl|tpl|dist|j2"
            + "|erb|tftpl)(?:[.](?:env|json|ya?ml|toml|tfvars|ini|cfg|php|py|rb|xml|txt|properties|local))?"
            + "|[.]env[._-](?:defaults?|schema)|(?:defaults?|schema)[.]env");

    /** What editors and people add to the name of a copy. */
    private static final Pattern COPY = Pattern.compile(
            "(?:[.]?#)?(.+?)(?:#|~+|(?:[.](?:bak|backup|old|orig|save|saved|copy|sw[a-p]|tmp|[0-9]))+~*)?");

    /** What names a file in a search of code, and how. */
    private static final Pattern SOUGHT =
            Pattern.compile("(?:^|[\\s(\"])(filename|path|file|extension|ext)[:=]\\s*[\"']?([^\\s\"')]+)");

    private static final NameEnds SETTING_NAMES = NameEnds.of(SETTINGS);
    private static final NameEnds OTHER_NAMES = NameEnds.of(OTHERS);
    private static final NameEnds HARMLESS_NAMES = NameEnds.of(HARMLESS);

    private SecretFiles() {}

    /**
     * Patterns of the last names of paths, by that of the file: a workspace has half a million.
     *
     * @param byEnding those of which the last is {@code *.ending}
     */
    private record NameEnds(
            Map<String, List<List<NamePattern>>> byName,
            Map<String, List<List<NamePattern>>> byEnding,
            List<List<NamePattern>> starred) {

        private static final Pattern ENDING = Pattern.compile("[*][.]([^.*]+)");

        static NameEnds of(Collection<String> texts) {
            NameEnds ends = new NameEnds(new HashMap<>(), new HashMap<>(), new ArrayList<>());
            texts.stream()
                    .flatMap(text -> text.contains(DATA)
                            ? ENDINGS.stream().map(ending -> text.replace(DATA, ending))
                            : Stream.of(text))
                    .forEach(ends::add);
            return ends;
        }

        private void add(String text) {
            List<String> names = List.of(text.split("/", -1));
            List<NamePattern> patterns = names.stream().map(NamePattern::of).toList();
            Matcher ending = ENDING.matcher(names.getLast());
            if (!patterns.getLast().isStarred()) {
                byName.computeIfAbsent(names.getLast(), _ -> new ArrayList<>()).add(patterns);
            } else if (ending.matches()) {
                byEnding.computeIfAbsent(ending.group(1), _ -> new ArrayList<>())
                        .add(patterns);
            } else {
                starred.add(patterns);
            }
        }

        boolean match(List<String> names) {
            String last = names.getLast();
            return Stream.of(
                            byName.getOrDefault(last, List.of()),
                            byEnding.getOrDefault(last.substring(last.lastIndexOf('.') + 1), List.of()),
                            starred)
                    .flatMap(List::stream)
                    .anyMatch(pattern -> isEnd(pattern, names));
        }

        private static boolean isEnd(List<NamePattern> pattern, List<String> names) {
            int from = names.size() - pattern.size();
            for (int i = pattern.size() - 1; i >= 0 && from >= 0; i--) {
                if (!pattern.get(i).is(names.get(from + i))) {
                    return false;
                }
            }
            return from >= 0;
        }
    }

    private static List<String> words(String text) {
        return List.of(text.strip().split("\\s+", -1));
    }

    /**
     * Returns whether the file usually holds secrets.
     *
     * @param path as it is written anywhere: {@code HEAD:a/.env}, {@code C:\Users\a\.ENV}, {@code a/../.env}
     */
    public static boolean contains(String path) {
        String folded = path.length() > LONGEST_PATH ? "" : folded(path);
        int name = Math.max(folded.lastIndexOf('/'), folded.lastIndexOf('\\')) + 1;
        if (folded.isEmpty() || folded.chars().skip(name).filter(c -> c == ':').count() > MOST_COLONS) {
            return !path.isEmpty();
        }
        // Windows opens the data of `.env` as `.env::$DATA`.
        for (int colon = folded.indexOf(':', name); colon >= 0; colon = folded.indexOf(':', colon + 1)) {
            if (containsFolded(folded.substring(0, colon))) {
                return true;
            }
        }
        return containsFolded(folded);
    }

    private static boolean containsFolded(String path) {
        List<String> names = new ArrayList<>(names(path));
        if (names.isEmpty()) {
            return false;
        }
        String name = names.removeLast();
        if (name.length() > LONGEST_NAME) {
            return true;
        }
        Matcher copy = COPY.matcher(name);
        String bare = copy.matches() ? copy.group(1) : name;
        return Stream.of(name, bare, bare.equals(name) || !bare.startsWith(".") ? name : bare.substring(1))
                .distinct()
                .anyMatch(each -> isSecret(names, each));
    }

    private static boolean isSecret(List<String> directories, String name) {
        List<String> names = new ArrayList<>(directories);
        names.add(name);
        return ((SETTING_NAMES.match(names) && !SAMPLE.matcher(name).matches()) || OTHER_NAMES.match(names))
                && !HARMLESS_NAMES.match(names);
    }

    /** Returns the names of a path as systems resolve it. */
    private static Deque<String> names(String path) {
        Deque<String> names = new ArrayDeque<>();
        for (String part : path.split("[/\\\\:]", -1)) {
            String name = part.strip();
            if (name.equals("..")) {
                names.pollLast();
            } else {
                int end = name.length(); // which Windows cuts off
                while (end > 0 && ". ".indexOf(name.charAt(end - 1)) >= 0) {
                    end--;
                }
                if (end > 0) {
                    names.addLast(name.substring(0, end));
                }
            }
        }
        return names;
    }

    /** Returns {@code text} as file systems compare names that ignore case, and signs that nobody sees. */
    private static String folded(String text) {
        if (text.chars().allMatch(c -> c < 0x80)) {
            return text.toLowerCase(Locale.ROOT);
        }
        StringBuilder seen = new StringBuilder();
        text.codePoints().filter(c -> Character.getType(c) != Character.FORMAT).forEach(seen::appendCodePoint);
        return seen.toString().toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT);
    }

    /** Returns whether a search of code asks for such files by their names, as {@code filename:.env} does. */
    public static boolean areSoughtBy(String query) {
        if (query.length() > LONGEST_PATH) {
            return true;
        }
        Matcher sought = SOUGHT.matcher(folded(query));
        while (sought.find()) {
            String value = sought.group(2).replaceAll("^[/*^]+|[/*$]+$", "").replace("\\.", ".");
            boolean isEnding = sought.group(1).startsWith("ext");
            if (contains(isEnding ? "a." + value.replaceFirst("^[.]", "") : value)) {
                return true;
            }
        }
        return false;
    }
}
