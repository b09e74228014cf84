package dev.interlock.confine;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Decides which settings of a repository come back from an agent. Git knows hundreds of settings that run programs, and
 * each version adds some. So only known forms of harmless ones come back, and everything else is held back.
 */
final class GitSettingsMerge {

    private static final String SHORT = "[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}";
    private static final String HOST = "[A-Za-z0-9][A-Za-z0-9.-]*";
    private static final String NAME = "(?!.*\\.\\.)[A-Za-z0-9_][A-Za-z0-9_./-]{0,199}";

    /** The three forms of an address. No part of any can start a program: no {@code ext::}, no path of this machine. */
    private static final Pattern ADDRESS = Pattern.compile("(?!.*::)(?:(?<scheme>https?|ssh)://(?:[^@/\\s]+@)?(?<host>"
            + HOST + ")(?::\\d+)?/\\S*|(?:[A-Za-z0-9_][\\w.-]*@)?(?<scp>" + HOST + "):(?!//)[^\\s:\\\\]\\S*)");

    private static final Pattern REMOTE = Pattern.compile("remote\\.(" + NAME + ")\\.[a-z-]+");

    /** Keys whose value is the name of a remote. Git takes any other value for a path, and runs the hooks there. */
    private static final Pattern REFERENCE = Pattern.compile("branch\\..+\\.(remote|pushremote)|remote\\.pushdefault");

    /**
     * A form of settings.
     *
     * @param key of the whole key, in which git has written all but the middle part in lower case
     * @param value of each value
     */
    private record SettingForm(Pattern key, Pattern value) {

        static SettingForm of(String key, String value) {
            return new SettingForm(Pattern.compile(key), Pattern.compile(value));
        }

        boolean permits(String name, List<String> values) {
            return key.matcher(name).matches()
                    && values.stream().allMatch(text -> value.matcher(text).matches());
        }
    }

    private static final List<SettingForm> PERMITTED = List.of(
            SettingForm.of("branch\\..+\\.(remote|pushremote)|remote\\.pushdefault", "\\.|" + NAME),
            SettingForm.of("branch\\..+\\.merge", "refs/[^\\s:~^?*\\[\\\\\\p{Cntrl}]+"),
            SettingForm.of("branch\\..+\\.rebase", SHORT),
            SettingForm.of("branch\\..+\\.(description|[a-z]+(-[a-z]+)+)", "(?s)[^\\x00]{0,10000}"),
            SettingForm.of("remote\\." + NAME + "\\.(url|pushurl)", ADDRESS.pattern()),
            SettingForm.of(
                    "remote\\." + NAME + "\\.fetch",
                    "\\^?refs/[^\\s:]+|\\+?refs/[^\\s:]+(:refs/(remotes|tags)/[^\\s:]+)?"),
            SettingForm.of("remote\\." + NAME + "\\.(prune|prunetags|skipdefaultupdate|skipfetchall|promisor)", SHORT),
            SettingForm.of("remote\\." + NAME + "\\.tagopt", "--tags|--no-tags"),
            SettingForm.of("remote\\." + NAME + "\\.partialclonefilter", "[a-z]+:[a-z0-9=]+"),
            SettingForm.of("remote\\." + NAME + "\\.gh-resolved", "[\\w.-]+(/[\\w.-]+)?"),
            SettingForm.of("submodule\\." + NAME + "\\.url", ADDRESS.pattern()),
            SettingForm.of("submodule\\." + NAME + "\\.(active|branch|shallow|update)", SHORT),
            SettingForm.of("submodule\\.active", "[\\w./*-]+"),
            SettingForm.of("(user|author|committer)\\.(name|email)", "[^\\p{Cntrl}]{1,200}"),
            SettingForm.of(
                    "core\\.(autocrlf|safecrlf|eol|filemode|ignorecase|precomposeunicode|symlinks|longpaths|quotepath"
                            + "|logallrefupdates|untrackedcache|preloadindex|abbrev|compression|bigfilethreshold"
                            + "|sparsecheckout|sparsecheckoutcone|splitindex)",
                    SHORT),
            SettingForm.of("push\\.default", "simple|current|nothing"),
            SettingForm.of("push\\.(autosetupremote|followtags|useforceifincludes)", SHORT),
            SettingForm.of("pull\\.(rebase|ff)", SHORT),
            SettingForm.of(
                    "rebase\\.(autosquash|autostash|updaterefs|stat|abbreviatecommands|missingcommitscheck"
                            + "|rebasemerges|forkpoint|reschedulefailedexec)",
                    SHORT),
            SettingForm.of("rerere\\.(enabled|autoupdate)", SHORT),
            SettingForm.of("fetch\\.(prune|prunetags|parallel|recursesubmodules|writecommitgraph|all|output)", SHORT),
            SettingForm.of("merge\\.(ff|conflictstyle|renames|renamelimit|directoryrenames|stat|log|autostash)", SHORT),
            SettingForm.of(
                    "diff\\.(algorithm|renames|renamelimit|colormoved|colormovedws|mnemonicprefix|noprefix|context"
                            + "|interhunkcontext|submodule|indentheuristic|relative)",
                    SHORT),
            SettingForm.of("status\\.(short|branch|showstash|aheadbehind|renames|relativepaths)", SHORT),
            SettingForm.of("color\\.[a-z.]+|column\\.[a-z]+|advice\\.[a-z]+", "[A-Za-z0-9 #]{0,64}"),
            SettingForm.of("log\\.(date|decorate|abbrevcommit|follow)|commit\\.(verbose|status|cleanup)", SHORT),
            SettingForm.of("tag\\.sort|branch\\.(sort|autosetupmerge|autosetuprebase)", "-?" + SHORT),
            SettingForm.of("init\\.defaultbranch|checkout\\.(defaultremote|guess|workers)", SHORT),
            SettingForm.of("index\\.[a-z]+|stash\\.show[a-z]+|submodule\\.(recurse|fetchjobs)", SHORT),
            SettingForm.of("http\\.(postbuffer|lowspeedlimit|lowspeedtime|version|maxrequests)", SHORT),
            SettingForm.of("gc\\.auto|lfs\\.repositoryformatversion|lfs\\..+\\.(access|locksverify)", SHORT));

    private final GitSettings now;
    private final Map<String, List<String>> taken = new LinkedHashMap<>();
    private final Set<String> heldBack = new TreeSet<>();

    private GitSettingsMerge(GitSettings now) {
        this.now = now;
    }

    /**
     * Settings to write, and the keys of those that are held back.
     *
     * @param taken the values of each changed key; none if it is removed
     */
    record MergedSettings(Map<String, List<String>> taken, Set<String> heldBack) {}

    /**
     * Merges the changes of an agent.
     *
     * @param before the settings that it saw first
     * @param after those that it left
     * @param now those of the repository; a setting that has changed there meanwhile stays
     */
    static MergedSettings merge(GitSettings before, GitSettings after, GitSettings now) {
        GitSettingsMerge merge = new GitSettingsMerge(now);
        Set<String> keys = new LinkedHashSet<>(before.values().keySet());
        keys.addAll(after.values().keySet());
        for (String key : keys) {
            List<String> values = after.all(key);
            if (!values.equals(before.all(key)) && !values.equals(now.all(key))) {
                boolean isPermitted = before.all(key).equals(now.all(key))
                        && PERMITTED.stream().anyMatch(form -> form.permits(key, values));
                merge.add(key, values, isPermitted);
            }
        }
        merge.holdRedirected();
        merge.holdStrangers();
        merge.holdDangling();
        return new MergedSettings(merge.taken, merge.heldBack);
    }

    private void add(String key, List<String> values, boolean isPermitted) {
        if (isPermitted) {
            taken.put(key, values);
        } else {
            heldBack.add(key);
        }
    }

    private void hold(String key) {
        taken.remove(key);
        heldBack.add(key);
    }

    private List<String> merged(String key) {
        return taken.getOrDefault(key, now.all(key));
    }

    /** Holds back new addresses of a known remote at another server: the person's next push would go there. */
    private void holdRedirected() {
        for (String key : List.copyOf(taken.keySet())) {
            if (key.endsWith("url") && (key.startsWith("remote.") || key.startsWith("submodule."))) {
                String owner = key.substring(0, key.lastIndexOf('.'));
                Set<String> known = servers(now.all(owner + ".url"), now.all(owner + ".pushurl"));
                Set<String> next = servers(taken.getOrDefault(key, List.of()), List.of());
                if (!now.all(owner + ".url").isEmpty() && !known.containsAll(next)) {
                    hold(key);
                }
            }
        }
    }

    /** Holds back what would let a branch follow, or be pushed to, a server that no remote had before. */
    private void holdStrangers() {
        Set<String> known = new TreeSet<>();
        now.values().forEach((key, values) -> {
            if (key.matches("remote\\..+\\.(push)?url")) {
                known.addAll(servers(values, List.of()));
            }
        });
        for (String key : List.copyOf(taken.keySet())) {
            boolean isStranger = REFERENCE.matcher(key).matches()
                    && !known.isEmpty()
                    && merged(key).stream()
                            .anyMatch(remote -> !known.containsAll(servers(
                                    merged("remote." + remote + ".url"), merged("remote." + remote + ".pushurl"))));
            if (isStranger) {
                hold(key);
            }
        }
    }

    private static Set<String> servers(List<String> addresses, List<String> more) {
        Set<String> servers = new TreeSet<>();
        List<String> all = new ArrayList<>(addresses);
        all.addAll(more);
        all.forEach(address -> servers.add(server(address).orElse(address)));
        return servers;
    }

    /** Returns the name of the server; for one without TLS or SSH, not the same name. */
    private static Optional<String> server(String address) {
        Matcher found = ADDRESS.matcher(address);
        if (!found.matches()) {
            return Optional.empty();
        }
        String host = found.group("scp") == null ? found.group("host") : found.group("scp");
        return Optional.of(("http".equals(found.group("scheme")) ? "http:" : "") + host);
    }

    /** Holds back what would leave a key with the name of no remote; each removal that is held back may need others. */
    private void holdDangling() {
        Set<String> keys = new LinkedHashSet<>(now.values().keySet());
        keys.addAll(taken.keySet());
        keys.removeIf(key -> !REFERENCE.matcher(key).matches());
        for (String key : keys) {
            if (taken.containsKey(key) && merged(key).stream().anyMatch(this::isUnknown)) {
                hold(key);
            }
        }
        keys.forEach(key -> merged(key).forEach(this::keepRemote));
    }

    private boolean isUnknown(String remote) {
        return !remote.equals(".") && merged("remote." + remote + ".url").isEmpty();
    }

    /** Keeps the settings of a remote that a branch still has, if they were to be removed. */
    private void keepRemote(String remote) {
        String url = "remote." + remote + ".url";
        if (taken.containsKey(url) && merged(url).isEmpty()) {
            taken.keySet().stream()
                    .filter(key -> {
                        Matcher found = REMOTE.matcher(key);
                        return found.matches() && found.group(1).equals(remote);
                    })
                    .toList()
                    .forEach(this::hold);
        }
    }
}
