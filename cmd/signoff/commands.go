package main

import "github.com/spf13/cobra"

func addCommands(root *cobra.Command) {
	root.AddCommand(
		serveCommand(), healthCommand(), sandboxCommand(), backupCommand(), restoreCommand(), migrateCommand(), moveDataCommand(), keyCommand(), recoverCommand(), benchCommand(),
		loginCommand(), logoutCommand(), deployCommand(), workflowsCommand(), versionsCommand(), startCommand(), tasksCommand(), actCommand(), instancesCommand(),
		incidentsCommand(), mailCommand(), usersCommand(), groupsCommand(), rolesCommand(), rightsCommand(), directoryCommand(), oauthCommand(), servicesCommand(), trustCommand(), tokenCommand(), nodesCommand(),
		messagesCommand(), signalsCommand(), schedulesCommand(),
		retentionCommand(), holdCommand(), exportCommand(), calendarsCommand(), awayCommand(),
		testCommand(), importCommand(), exprCommand(),
		doctorCommand(), m365Command(),
		configCommand(),
	)
}
