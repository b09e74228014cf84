package dev.interlock.home;

import java.util.List;

/**
 * How an agent gets its lease in the place of its login.
 *
 * @param asKey if the gateway has an API key
 * @param asSubscription if the gateway has a subscription's credential, whose requests the agent makes in another form
 * @param overriding the settings that the agent would take before the lease
 */
record LeaseLogin(LeaseForm asKey, LeaseForm asSubscription, LoginSettings overriding) {

    /**
     * One form.
     *
     * @param line of the shell, before the agent starts
     * @param arguments of the agent
     */
    record LeaseForm(String line, List<String> arguments) {
        LeaseForm {
            arguments = List.copyOf(arguments);
        }

        static LeaseForm ofLine(String line) {
            return new LeaseForm(line, List.of());
        }
    }

    /** Returns a login that has one form alone. */
    static LeaseLogin always(String line) {
        return new LeaseLogin(LeaseForm.ofLine(line), LeaseForm.ofLine(line), LoginSettings.NONE);
    }

    /** Returns whether it depends on what the gateway has. */
    boolean hasTwoForms() {
        return !asKey.equals(asSubscription);
    }

    /** @param subscription whether the gateway has the credential of a subscription */
    LeaseForm form(boolean subscription) {
        return subscription ? asSubscription : asKey;
    }
}
