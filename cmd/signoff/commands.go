package main

import "github.com/spf13/cobra"

func addCommands(root *cobra.Command) {
	root.AddCommand(
		serveCommand(), healthCommand(), sandboxCommand(), backupCommand(), restoreCommand(), migrateCommand(), moveDataCommand(), keyCommand(), benchCommand(),
		deployCommand(), workflowsCommand(), startCommand(), tasksCommand(), actCommand(), instancesCommand(),
		incidentsCommand(), mailCommand(), usersCommand(), directoryCommand(), trustCommand(), tokenCommand(), nodesCommand(),
		retentionCommand(), holdCommand(), exportCommand(),
		testCommand(),
		doctorCommand(), m365Command(),
		configCommand(),
	)
}
